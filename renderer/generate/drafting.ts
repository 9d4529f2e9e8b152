import type { GenerationSettings } from '../../app/contracts/generation.js';
import type { Model } from '../../app/contracts/models.js';
import { ask } from '../bridge.js';
import { clamp } from '../components/slider-arithmetic.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { setPreferences } from '../studio/preferences.js';
import { modelById, pictureModels, studioStore } from '../studio/studio-store.js';
import { draftForModel, draftFrom, generateStore, rowsOf, type Draft } from './generate-store.js';
import { SEED_DRAWN_BELOW, SIDE_MOST } from './ranges.js';
import { toMultiple } from './picture-size.js';

/** Changes to the draft; every one is remembered. */
export function changeDraft(change: Partial<Draft>): void {
  const draft = { ...generateStore.getState().draft, ...change };
  generateStore.setState({ draft });
  setPreferences({ draft });
}

/** The draft as it was left; called once, when the studio has answered. */
export function openDraft(): void {
  const { preferences, models } = studioStore.getState();
  const draft = draftFrom(preferences.draft, pictureModels(models));
  generateStore.setState({ draft: { ...draft, seed: preferences.draft.seed ?? drawSeed() } });
}

/** Libraries change while the window is open: a draft without a model takes the first one that comes. */
export function settleModel(): void {
  const { draft } = generateStore.getState();
  const models = pictureModels(studioStore.getState().models);
  if (modelById(models, draft.model)) return;
  const first = models.find(({ missing }) => !missing);
  if (first) changeDraft(draftForModel(draft, null, first));
}

export function chooseModel(id: string): void {
  const { models } = studioStore.getState();
  const { draft } = generateStore.getState();
  const to = modelById(models, id);
  if (!to || to.id === draft.model) return;
  changeDraft(draftForModel(draft, modelById(models, draft.model), to));
  generateStore.setState({ problem: null, sizeNote: null });
}

export function drawSeed(): number {
  const word = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return word % SEED_DRAWN_BELOW;
}

export const newSeed = (): void => changeDraft({ seed: drawSeed() });

/** A seed that a person typed is meant: the next job uses it, and it is locked so that it stays. */
export function typeSeed(seed: number): void {
  changeDraft({ seed: clamp(Math.trunc(seed), 0, Number.MAX_SAFE_INTEGER), seedLocked: true });
}

export const toggleSeedLock = (): void => changeDraft({ seedLocked: !generateStore.getState().draft.seedLocked });

export function setSize(width: number, height: number): void {
  const { draft } = generateStore.getState();
  const model = modelById(studioStore.getState().models, draft.model);
  const multiple = model?.sizeMultiple ?? 8;
  const rounded = { width: toMultiple(width, multiple), height: toMultiple(height, multiple) };
  const asked = width === rounded.width && height === rounded.height;
  changeDraft(rounded);
  const why = Math.max(width, height) > SIDE_MOST ? `sides end at ${SIDE_MOST}` : `sides are multiples of ${multiple}`;
  generateStore.setState({
    sizeNote: asked ? null : `Size set to ${rounded.width} × ${rounded.height}: ${why}.`,
  });
}

export function swapSides(): void {
  const { width, height } = generateStore.getState().draft;
  changeDraft({ width: height, height: width });
  generateStore.setState({ sizeNote: null });
}

/** Take settings over from a picture; its seed is used for the next job as it is. */
export function takeSettings(settings: Partial<GenerationSettings>): void {
  const { models } = studioStore.getState();
  const { draft } = generateStore.getState();
  const { model: wanted, adapters, ...rest } = settings;
  const model = wanted === undefined ? null : modelById(models, wanted);
  if (wanted !== undefined && !model) {
    showToast({
      tone: 'warn',
      text: 'Its model is not in the library; the settings were taken without it.',
      action: null,
    });
  }
  const before: Draft = { ...draft };
  changeDraft({
    ...rest,
    ...(model ? { model: model.id } : {}),
    ...(adapters === undefined ? {} : { mixer: rowsOf(adapters) }),
  });
  generateStore.setState({ sizeNote: null });
  if (before.prompt.trim() !== '' && rest.prompt !== undefined && rest.prompt !== before.prompt)
    rememberPrompt(before.prompt);
}

const PROMPTS_REMEMBERED = 100;

export function rememberPrompt(prompt: string): void {
  if (prompt.trim() === '') return;
  const { promptHistory } = studioStore.getState().preferences;
  const next = [prompt, ...promptHistory.filter((old) => old !== prompt)].slice(0, PROMPTS_REMEMBERED);
  setPreferences({ promptHistory: next });
}

/** Walks the older prompts; what was being written is the newest of them. */
let walkedFrom: string | null = null;
let walkedTo = -1;

export function walkPrompts(direction: 1 | -1): void {
  const { promptHistory } = studioStore.getState().preferences;
  const { prompt } = generateStore.getState().draft;
  if (walkedTo >= 0 && prompt !== promptHistory[walkedTo]) walkedTo = -1;
  if (walkedTo < 0) walkedFrom = prompt;
  const others = promptHistory[0] === walkedFrom && walkedTo < 0 ? 1 : 0;
  const to = clamp(walkedTo < 0 ? (direction > 0 ? others : -1) : walkedTo + direction, -1, promptHistory.length - 1);
  walkedTo = to;
  const text = to < 0 ? walkedFrom : promptHistory[to];
  if (text !== undefined && text !== null) changeDraft({ prompt: text });
}

const COUNT_AFTER_MS = 250;

/** Counts tokens of both fields when typing pauses; a count that comes late for an older text is dropped. */
export function watchTokens(): void {
  const timers: Partial<Record<'prompt' | 'negative', ReturnType<typeof setTimeout>>> = {};
  const countLater = (field: 'prompt' | 'negative'): void => {
    clearTimeout(timers[field]);
    timers[field] = setTimeout(() => {
      const { model, [field]: text } = generateStore.getState().draft;
      if (!model) return;
      ask('generation.count-tokens', { model, text }).then(
        (tokens) => {
          const now = generateStore.getState().draft;
          if (now.model !== model || now[field] !== text) return;
          generateStore.setState(field === 'prompt' ? { promptTokens: tokens } : { negativeTokens: tokens });
        },
        () => generateStore.setState(field === 'prompt' ? { promptTokens: null } : { negativeTokens: null }),
      );
    }, COUNT_AFTER_MS);
  };
  generateStore.subscribe(({ draft }, before) => {
    if (draft.prompt !== before.draft.prompt || draft.model !== before.draft.model) countLater('prompt');
    if (draft.negative !== before.draft.negative || draft.model !== before.draft.model) countLater('negative');
  });
  countLater('prompt');
  countLater('negative');
}

/** Rejects with what is wrong with it. */
export async function importModel(path: string): Promise<Model> {
  const model = await ask('models.import', { path });
  adoptModel(model.id);
  return model;
}

export function chooseModelFolder(): void {
  ask('models.choose-folder', {}).then((model) => {
    if (model) adoptModel(model.id);
  }, reportProblem);
}

/** A model that was just added is the one to use; its row may come a moment later. */
function adoptModel(id: string): void {
  const choose = (): boolean => {
    const model = modelById(studioStore.getState().models, id);
    if (model?.kind === 'diffusion') chooseModel(id);
    return model !== null;
  };
  if (choose()) return;
  const stop = studioStore.subscribe(() => {
    if (choose()) stop();
  });
}
