import { ask } from '../bridge.js';
import { generateStore } from '../generate/generate-store.js';
import { asPanel } from '../shell/shell-store.js';
import { studioStore } from './studio-store.js';

const ASK_AFTER_MS = 300;
/** At and below it the network is called once a step: other shapes, so other sessions. */
const NO_GUIDANCE = 1;

let prepared = '';
let timer: ReturnType<typeof setTimeout> | null = null;

/**
 * Whoever opens a list of adapters will likely put one on: sessions that take them are opened in the background, once
 * for a model and what decides its shapes. Main tells nothing back: what fails is said when a picture is made.
 */
export function prepareAdapters(): void {
  if (timer) clearTimeout(timer);
  timer = setTimeout(() => {
    const { model, width, height, cfg, clipSkip } = generateStore.getState().draft;
    const key = [model, width, height, cfg > NO_GUIDANCE, clipSkip].join(' ');
    if (model === '' || key === prepared) return;
    prepared = key;
    ask('adapters.prepare', { model, width, height, cfg, clipSkip }).catch(() => {
      prepared = '';
    });
  }, ASK_AFTER_MS);
}

/** When the Adapters panel is opened, and while it is open whenever the model or size changes. */
export function watchAdaptersPanel(): void {
  const isOpen = (): boolean => asPanel(studioStore.getState().preferences.panel) === 'adapters';
  studioStore.subscribe(({ preferences }, before) => {
    if (preferences.panel !== before.preferences.panel && isOpen()) prepareAdapters();
  });
  generateStore.subscribe(({ draft }, before) => {
    if (draft !== before.draft && isOpen()) prepareAdapters();
  });
}
