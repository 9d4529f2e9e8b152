import type { Action } from '../keyboard/action.js';
import { binPictures, copyPicture, keepPicture, revealPicture } from '../studio/picture-verbs.js';
import { prepareAdapters } from '../studio/prepare-adapters.js';
import { pictureDetail } from '../studio/picture-details.js';
import { reportProblem } from '../studio/notices.js';
import { runningJob, studioStore } from '../studio/studio-store.js';
import { recentStore } from '../studio/recent-pictures.js';
import { changeDraft, chooseModelFolder, newSeed, swapSides, takeSettings, walkPrompts } from './drafting.js';
import { removeJob, resumeJob, stop, submit, vary } from './generating.js';
import { lockSeed } from './remaking.js';
import { generateStore } from './generate-store.js';
import { moveInFilm, select, shownNow, shownPicture } from './selection.js';
import { focusNegative, focusPrompt, focusPromptEnd } from './focus.js';
import { STEPS } from './ranges.js';
import { nudge } from '../components/slider-arithmetic.js';

/** Everything a person can do in the Generate panel. Tooltips, palette, keyboard and key map read this list. */

const NO_PICTURE = 'There is no picture on the stage.';
const needsPicture = (): string | null => (shownPicture() ? null : NO_PICTURE);
export const whyNotGenerate = (): string | null =>
  generateStore.getState().draft.model ? null : 'There is no model yet. Add a model folder.';
const withPicture = (run: (id: string) => void) => (): void => {
  const picture = shownPicture();
  if (picture) run(picture.id);
};
const plain = { shiftKey: false, altKey: false };
const stepsBy = (direction: 1 | -1): void => {
  const { steps } = generateStore.getState().draft;
  changeDraft({ steps: nudge(steps, direction, STEPS, plain) });
};

/** Delete what the stage shows: a picture goes to the bin and the next older one takes its place; a job leaves the queue. */
function deleteShown(): void {
  const shown = shownNow();
  if (shown.kind === 'job') {
    select({ kind: 'follow' });
    removeJob(shown.job);
    return;
  }
  if (shown.kind !== 'picture') return;
  const { pictures } = recentStore.getState();
  const at = pictures.findIndex(({ id }) => id === shown.picture.id);
  const next = pictures[at + 1] ?? pictures[at - 1];
  if (generateStore.getState().selection.kind === 'picture') {
    select(next ? { kind: 'picture', id: next.id } : { kind: 'follow' });
  }
  binPictures([shown.picture.id], () => {
    if (generateStore.getState().selection.kind === 'picture') select({ kind: 'picture', id: shown.picture.id });
  });
}

/** Afterwards Enter generates: the focus is in the prompt. */
export function reuse(id: string): void {
  pictureDetail(id).then(({ receipt }) => {
    takeSettings(receipt.settings);
    focusPromptEnd();
  }, reportProblem);
}

export function reuseSeed(id: string): void {
  pictureDetail(id).then(({ receipt }) => {
    takeSettings({ seed: receipt.settings.seed });
    focusPromptEnd();
  }, reportProblem);
}

const group = 'Generate';

export const generateActions = {
  generate: {
    id: 'generate.generate',
    label: 'Generate, or add to the queue',
    scope: 'prompt',
    group,
    keys: ['Enter'],
    unavailable: whyNotGenerate,
    run: () => submit(),
  },
  newLine: {
    id: 'generate.new-line',
    label: 'New line',
    scope: 'prompt',
    group,
    keys: ['Shift+Enter'],
    inPalette: false,
  },
  generateNewSeed: {
    id: 'generate.generate-new-seed',
    label: 'Generate with a new seed',
    scope: 'prompt',
    group,
    keys: ['Alt+Enter'],
    unavailable: whyNotGenerate,
    run: () => submit({ newSeed: true }),
  },
  olderPrompt: {
    id: 'generate.older-prompt',
    label: 'Older prompt',
    scope: 'prompt',
    group,
    keys: ['Alt+Up'],
    inPalette: false,
    run: () => walkPrompts(1),
  },
  newerPrompt: {
    id: 'generate.newer-prompt',
    label: 'Newer prompt',
    scope: 'prompt',
    group,
    keys: ['Alt+Down'],
    inPalette: false,
    run: () => walkPrompts(-1),
  },
  focusPrompt: {
    id: 'generate.prompt',
    label: 'Go to the prompt',
    scope: 'generate',
    group,
    keys: ['/'],
    run: focusPrompt,
  },
  focusNegative: {
    id: 'generate.negative',
    label: 'Go to what to leave out',
    scope: 'generate',
    group,
    keys: ['N'],
    run: focusNegative,
  },
  chooseModel: {
    id: 'generate.model',
    label: 'Choose the model',
    scope: 'generate',
    group,
    keys: ['M'],
    run: () => generateStore.setState({ modelMenuOpen: true }),
  },
  addAdapter: {
    id: 'generate.add-adapter',
    label: 'Add an adapter to the picture',
    scope: 'generate',
    group,
    keys: ['L'],
    run: () => {
      prepareAdapters();
      generateStore.setState({ adapterMenuOpen: true, settingsShown: true });
    },
  },
  moveAdapter: {
    id: 'generate.move-adapter',
    label: 'Move an adapter in the mixer',
    scope: 'generate',
    group,
    keys: ['Alt+Up', 'Alt+Down'],
    inPalette: false,
  },
  nameAdapter: {
    id: 'generate.name-adapter',
    label: 'Name an adapter in the prompt',
    scope: 'prompt',
    group,
    keys: ['<'],
    inPalette: false,
  },
  addModel: {
    id: 'generate.add-model',
    label: 'Add a model folder…',
    scope: 'anywhere',
    group,
    run: chooseModelFolder,
  },
  newSeed: { id: 'generate.new-seed', label: 'New seed', scope: 'generate', group, keys: ['S'], run: newSeed },
  lockSeed: {
    id: 'generate.lock-seed',
    label: 'Keep this seed',
    scope: 'generate',
    group,
    keys: ['Shift+S'],
    run: () => void lockSeed(),
  },
  swapSides: {
    id: 'generate.swap-sides',
    label: 'Swap width and height',
    scope: 'generate',
    group,
    keys: ['X'],
    run: swapSides,
  },
  fewerSteps: {
    id: 'generate.fewer-steps',
    label: 'Fewer steps',
    scope: 'generate',
    group,
    keys: ['['],
    inPalette: false,
    run: () => stepsBy(-1),
  },
  moreSteps: {
    id: 'generate.more-steps',
    label: 'More steps',
    scope: 'generate',
    group,
    keys: [']'],
    inPalette: false,
    run: () => stepsBy(1),
  },
  stop: {
    id: 'generate.stop',
    label: 'Stop',
    scope: 'generate',
    group,
    unavailable: () => (runningJob(studioStore.getState().queue) ? null : 'Nothing is running.'),
    run: stop,
  },
  goOn: {
    id: 'generate.go-on',
    label: 'Go on with the stopped job',
    scope: 'generate',
    group,
    unavailable: () => (shownNow().kind === 'job' ? null : 'No stopped job is on the stage.'),
    run: () => {
      const shown = shownNow();
      if (shown.kind === 'job') resumeJob(shown.job.id);
    },
  },
  older: {
    id: 'generate.older-picture',
    label: 'Next older picture',
    scope: 'generate',
    group,
    keys: ['Down', 'Right'],
    inPalette: false,
    run: () => moveInFilm(1),
  },
  newer: {
    id: 'generate.newer-picture',
    label: 'Next newer picture',
    scope: 'generate',
    group,
    keys: ['Up', 'Left'],
    inPalette: false,
    run: () => moveInFilm(-1),
  },
  latest: {
    id: 'generate.latest',
    label: 'Newest picture',
    scope: 'generate',
    group,
    keys: ['Home'],
    inPalette: false,
    run: () => select({ kind: 'follow' }),
  },
  fullView: {
    id: 'generate.full-view',
    label: 'Full view',
    scope: 'generate',
    group,
    keys: ['Space'],
    unavailable: () => (shownNow().kind === 'nothing' ? NO_PICTURE : null),
    run: () => generateStore.setState(({ fullView }) => ({ fullView: !fullView, actualSize: false })),
  },
  actualSize: {
    id: 'generate.actual-size',
    label: 'Picture at 100 %',
    scope: 'generate',
    group,
    keys: ['Z'],
    unavailable: needsPicture,
    run: () => generateStore.setState(({ actualSize }) => ({ actualSize: !actualSize })),
  },
  keep: {
    id: 'generate.keep',
    label: 'Keep',
    scope: 'generate',
    group,
    keys: ['F'],
    unavailable: needsPicture,
    run: () => {
      const picture = shownPicture();
      if (picture) keepPicture(picture.id, !picture.kept);
    },
  },
  vary: {
    id: 'generate.vary',
    label: 'Again with a new seed',
    scope: 'generate',
    group,
    keys: ['V'],
    unavailable: needsPicture,
    run: withPicture(vary),
  },
  reuse: {
    id: 'generate.reuse',
    label: 'Reuse settings',
    scope: 'generate',
    group,
    keys: ['Enter'],
    unavailable: needsPicture,
    run: withPicture(reuse),
  },
  reuseSeed: {
    id: 'generate.reuse-seed',
    label: 'Reuse the seed only',
    scope: 'generate',
    group,
    keys: ['Shift+Enter'],
    unavailable: needsPicture,
    run: withPicture(reuseSeed),
  },
  copy: {
    id: 'generate.copy',
    label: 'Copy the picture',
    scope: 'generate',
    group,
    keys: ['Ctrl+C'],
    unavailable: () => (document.getSelection()?.isCollapsed === false ? 'Text is selected.' : needsPicture()),
    run: withPicture(copyPicture),
  },
  reveal: {
    id: 'generate.reveal',
    label: 'Show in folder',
    scope: 'generate',
    group,
    keys: ['R'],
    unavailable: needsPicture,
    run: withPicture(revealPicture),
  },
  delete: {
    id: 'generate.delete',
    label: 'Delete',
    scope: 'generate',
    group,
    keys: ['Del'],
    unavailable: () => (['picture', 'job'].includes(shownNow().kind) ? null : NO_PICTURE),
    run: deleteShown,
  },
} satisfies Record<string, Action>;
