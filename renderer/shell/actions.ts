import type { Action } from '../keyboard/action.js';
import { popupIsOpen } from '../keyboard/dispatch.js';
import { chatStore } from '../chat/chat-store.js';
import { leaveEdit, stopAnswer } from '../chat/conversing.js';
import { evaluateStore, runningRun } from '../evaluate/evaluate-store.js';
import { stopRunning } from '../evaluate/runs.js';
import { adaptersStore } from '../adapters/adapters-store.js';
import { clearSelection } from '../gallery/browsing.js';
import { galleryStore } from '../gallery/gallery-store.js';
import { whyNotGenerate } from '../generate/actions.js';
import { moveJob, removeJob, stop, stopJob, submit } from '../generate/generating.js';
import { generateStore } from '../generate/generate-store.js';
import { select } from '../generate/selection.js';
import { noticesStore, undoLast } from '../studio/notices.js';
import { setPreferences } from '../studio/preferences.js';
import { runningJob, studioStore } from '../studio/studio-store.js';
import { asPanel, shellStore, type PanelName } from './shell-store.js';

/** What works in every panel. */

const group = 'Studio';

export const openPanel = (panel: PanelName): void => setPreferences({ panel });
const panelNow = (): PanelName => asPanel(studioStore.getState().preferences.panel);

const surrounds = ['theme', 'black', 'grey', 'white'] as const;

function nextSurround(): void {
  const now = surrounds.indexOf(studioStore.getState().preferences.surround);
  setPreferences({ surround: surrounds[(now + 1) % surrounds.length] ?? 'theme' });
}

/** Regions in reading order; each takes the focus itself or gives it to its first control. */
const REGIONS = ['title-bar', 'rail', 'list', 'main', 'inspector', 'status-bar'];

function cycleRegion(direction: 1 | -1): void {
  const regions = REGIONS.flatMap((name) => {
    const found = [...document.querySelectorAll<HTMLElement>(`[data-region="${name}"]`)];
    const shown = found.find((region) => region.closest('[inert]') === null);
    return shown ? [shown] : [];
  });
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + direction + regions.length) % regions.length];
  if (!next) return;
  const first =
    next.querySelector<HTMLElement>('[data-first-focus]') ??
    next.querySelector<HTMLElement>(
      'button:not(:disabled):not([tabindex="-1"]), input:not([tabindex="-1"]), textarea, [tabindex="0"]',
    );
  (first ?? next).focus();
}

/** One rung a press: popup (its own), full view or sheet, selection, running job, text field. Text is never lost. */
export function climbDown(): void {
  if (popupIsOpen()) return;
  const panel = panelNow();
  const generate = generateStore.getState();
  const gallery = galleryStore.getState();
  const { queue } = studioStore.getState();
  if (shellStore.getState().keyMapOpen) return shellStore.setState({ keyMapOpen: false });
  if (panel === 'generate' && generate.offer) return generateStore.setState({ offer: null });
  if (panel === 'generate' && generate.fullView) return generateStore.setState({ fullView: false, actualSize: false });
  if (panel === 'generate' && generate.actualSize) return generateStore.setState({ actualSize: false });
  if (panel === 'gallery' && gallery.fullView) return galleryStore.setState({ fullView: false, actualSize: false });
  const typing =
    document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement;
  if (panel === 'gallery' && gallery.cursor !== null && !typing) return clearSelection();
  if (panel === 'adapters' && adaptersStore.getState().sheetShown && !typing)
    return adaptersStore.setState({ sheetShown: false });
  if (panel === 'adapters' && adaptersStore.getState().cursor !== null && !typing)
    return adaptersStore.setState({ cursor: null });
  if (panel === 'generate' && generate.selection.kind !== 'follow' && runningJob(queue))
    return select({ kind: 'follow' });
  if (panel === 'generate' && runningJob(queue)) return stop();
  if (panel === 'chat' && chatStore.getState().openToken) return chatStore.setState({ openToken: null });
  if (panel === 'chat' && chatStore.getState().editing !== null) return leaveEdit();
  if (panel === 'chat' && chatStore.getState().running) return stopAnswer();
  if (panel === 'evaluate' && !typing && runningRun(evaluateStore.getState().runs)) return stopRunning();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  return undefined;
}

/** Id of the queue entry that has the focus, itself or by one of its buttons. */
const focusedJob = (): string | null => document.activeElement?.closest('[data-job]')?.getAttribute('data-job') ?? null;

export const focusRow = (id: string): void =>
  document.querySelector<HTMLElement>(`[data-job="${CSS.escape(id)}"]`)?.focus();

function walkQueue(direction: 1 | -1): void {
  const { jobs } = studioStore.getState().queue;
  const at = jobs.findIndex(({ id }) => id === focusedJob());
  const next = jobs[at < 0 ? 0 : Math.min(jobs.length - 1, Math.max(0, at + direction))];
  if (next) focusRow(next.id);
}

function dropFocusedJob(): void {
  const job = studioStore.getState().queue.jobs.find(({ id }) => id === focusedJob());
  if (job?.state === 'running') stopJob(job.id);
  else if (job) removeJob(job);
}

/** The queue entry that has the focus moves among the waiting ones. */
function moveFocusedJob(direction: 1 | -1): void {
  const id = focusedJob();
  const waiting = studioStore.getState().queue.jobs.filter(({ state }) => state === 'waiting');
  const at = waiting.findIndex((job) => job.id === id);
  const to = at + direction;
  if (id === null || at < 0 || to < 0 || to >= waiting.length) return;
  moveJob(id, to);
}

const hasNoInspector = (): boolean => panelNow() === 'settings' || panelNow() === 'evaluate';

/** The columns of Generate, Adapters and Chat come back with the next start; the one of the Gallery is remembered. */
function toggleInspector(): void {
  if (panelNow() === 'generate') generateStore.setState(({ settingsShown }) => ({ settingsShown: !settingsShown }));
  else if (panelNow() === 'adapters') adaptersStore.setState(({ sheetShown }) => ({ sheetShown: !sheetShown }));
  else if (panelNow() === 'chat') chatStore.setState(({ columnShown }) => ({ columnShown: !columnShown }));
  else setPreferences({ inspector: !studioStore.getState().preferences.inspector });
}

export const shellActions = {
  generateFromAnywhere: {
    id: 'studio.generate',
    label: 'Generate',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+Enter'],
    unavailable: whyNotGenerate,
    run: () => {
      submit();
      openPanel('generate');
    },
  },
  generatePanel: {
    id: 'studio.panel-generate',
    label: 'Open Generate',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+1'],
    run: () => openPanel('generate'),
  },
  galleryPanel: {
    id: 'studio.panel-gallery',
    label: 'Open Gallery',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+2'],
    run: () => openPanel('gallery'),
  },
  adaptersPanel: {
    id: 'studio.panel-adapters',
    label: 'Open Adapters',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+3'],
    run: () => openPanel('adapters'),
  },
  chatPanel: {
    id: 'studio.panel-chat',
    label: 'Open Chat',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+4'],
    run: () => openPanel('chat'),
  },
  evaluatePanel: {
    id: 'studio.panel-evaluate',
    label: 'Open Evaluate',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+5'],
    run: () => openPanel('evaluate'),
  },
  settingsPanel: {
    id: 'studio.panel-settings',
    label: 'Open Settings',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+,'],
    run: () => openPanel('settings'),
  },
  find: {
    id: 'studio.find',
    label: 'Find and run anything',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+K'],
    inPalette: false,
    run: () => shellStore.setState({ palette: 'everything' }),
  },
  findHere: {
    id: 'studio.find-here',
    label: 'Find in this panel',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+Shift+K'],
    inPalette: false,
    run: () => shellStore.setState({ palette: 'panel' }),
  },
  queue: {
    id: 'studio.queue',
    label: 'Queue',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+J'],
    run: () => shellStore.setState(({ queueOpen }) => ({ queueOpen: !queueOpen })),
  },
  queuePrevious: {
    id: 'studio.queue-previous',
    label: 'Job above',
    scope: 'queue',
    group,
    keys: ['Up'],
    inPalette: false,
    run: () => walkQueue(-1),
  },
  queueNext: {
    id: 'studio.queue-next',
    label: 'Job below',
    scope: 'queue',
    group,
    keys: ['Down'],
    inPalette: false,
    run: () => walkQueue(1),
  },
  queueDrop: {
    id: 'studio.queue-drop',
    label: 'Stop the job, or take it out of the queue',
    scope: 'queue',
    group,
    keys: ['Del'],
    inPalette: false,
    run: dropFocusedJob,
  },
  queueUp: {
    id: 'studio.queue-up',
    label: 'Move up in the queue',
    scope: 'queue',
    group,
    keys: ['Alt+Up'],
    inPalette: false,
    run: () => moveFocusedJob(-1),
  },
  queueDown: {
    id: 'studio.queue-down',
    label: 'Move down in the queue',
    scope: 'queue',
    group,
    keys: ['Alt+Down'],
    inPalette: false,
    run: () => moveFocusedJob(1),
  },
  inspector: {
    id: 'studio.inspector',
    label: 'Show or hide the column at the right',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+I'],
    unavailable: () => (hasNoInspector() ? 'This panel has no column at the right.' : null),
    run: toggleInspector,
  },
  surround: {
    id: 'studio.surround',
    label: 'Next surround of the picture',
    scope: 'anywhere',
    group,
    keys: ['B'],
    run: nextSurround,
  },
  undo: {
    id: 'studio.undo',
    label: 'Undo',
    scope: 'anywhere',
    group,
    keys: ['Ctrl+Z'],
    unavailable: () => (noticesStore.getState().undos.length > 0 ? null : 'There is nothing to undo.'),
    run: undoLast,
  },
  paste: {
    id: 'studio.paste',
    label: 'Paste a picture for its settings',
    scope: 'generate',
    group,
    keys: ['Ctrl+V'],
    inPalette: false,
  },
  dark: {
    id: 'studio.dark',
    label: 'Theme: dark',
    scope: 'anywhere',
    group,
    run: () => setPreferences({ theme: 'dark' }),
  },
  light: {
    id: 'studio.light',
    label: 'Theme: light',
    scope: 'anywhere',
    group,
    run: () => setPreferences({ theme: 'light' }),
  },
  system: {
    id: 'studio.system',
    label: 'Theme: as the system',
    scope: 'anywhere',
    group,
    run: () => setPreferences({ theme: 'system' }),
  },
  nextRegion: {
    id: 'studio.next-region',
    label: 'Next part of the window',
    scope: 'anywhere',
    group,
    keys: ['F6'],
    inPalette: false,
    run: () => cycleRegion(1),
  },
  previousRegion: {
    id: 'studio.previous-region',
    label: 'Previous part of the window',
    scope: 'anywhere',
    group,
    keys: ['Shift+F6'],
    inPalette: false,
    run: () => cycleRegion(-1),
  },
  keyMap: {
    id: 'studio.keys',
    label: 'Keyboard map',
    scope: 'anywhere',
    group,
    keys: ['?'],
    run: () => shellStore.setState(({ keyMapOpen }) => ({ keyMapOpen: !keyMapOpen })),
  },
  escape: {
    id: 'studio.escape',
    label: 'Close, or stop: one thing a press',
    scope: 'anywhere',
    group,
    keys: ['Esc'],
    inPalette: false,
    run: climbDown,
  },
} satisfies Record<string, Action>;
