import type { AdapterCard, AdapterEffect } from '../../app/contracts/adapters.js';
import type { EventOf, ReplyOf } from '../../app/contracts/window.js';
import { ask, asStudioError } from '../bridge.js';
import { generateStore, settingsOf } from '../generate/generate-store.js';
import { mixerRow } from '../generate/mixer.js';
import { reportProblem, say, showToast } from '../studio/notices.js';
import { modelById, studioStore } from '../studio/studio-store.js';
import { standingOf, standingSentence } from '../words/adapters.js';
import { bytes, fixed, plural } from '../words/numbers.js';
import { adaptersStore, type AdaptersState, type Work } from './adapters-store.js';

/** "What does it do?" and baking: work of main for one adapter, with how far it is. */

/** An effect is of one adapter on one model. */
export const effectKey = (id: string, model: string): string => `${id}\n${model}`;

/** In the mixer its strengths there; else where a person moved it; else what its maker says, or 1. */
export function strengthOf(
  card: AdapterCard,
  strengths: AdaptersState['strengths'],
  row: { readonly weight: number } | null | undefined,
): number {
  return strengths.get(card.id) ?? row?.weight ?? card.preferredWeight ?? 1;
}

export const setStrength = (id: string, strength: number): void =>
  adaptersStore.setState(({ strengths }) => ({ strengths: new Map(strengths).set(id, strength) }));

/** Why an adapter cannot be run now, as far as its card tells, in one sentence; null when it can. */
export function whyNotRun(card: AdapterCard): string | null {
  const { models } = studioStore.getState();
  const model = modelById(models, generateStore.getState().draft.model);
  if (!model) return 'There is no model yet. Add a model folder.';
  const standing = standingOf(card);
  return standing === 'fits' || standing === 'partial' ? null : standingSentence(card, model.name);
}

function remember(id: string, model: string, effect: AdapterEffect | null): void {
  adaptersStore.setState(({ effects }) => ({ effects: new Map(effects).set(effectKey(id, model), effect) }));
}

/** The last answer for this adapter and model; asked once. */
export function loadEffect(id: string, model: string): void {
  if (model === '' || adaptersStore.getState().effects.has(effectKey(id, model))) return;
  ask('adapters.effect', { id, model }).then((effect) => {
    if (!adaptersStore.getState().effects.has(effectKey(id, model))) remember(id, model, effect);
  }, reportProblem);
}

/** Two pictures with the settings of Generate, without and with it. */
export function compare(card: AdapterCard): void {
  const { comparing, strengths } = adaptersStore.getState();
  if (comparing || whyNotRun(card) !== null) return;
  const { draft } = generateStore.getState();
  const { id } = card;
  const row = mixerRow(draft, id);
  const weight = strengthOf(card, strengths, row);
  const textWeight = strengths.has(id) || !row ? weight : row.textWeight;
  adaptersStore.setState({ sheetShown: true, problem: null, comparing: { id, part: 0, secondsLeft: null } });
  ask('adapters.compare', { id, weight, textWeight, settings: settingsOf(draft) })
    .then(
      (effect) => {
        remember(id, draft.model, effect);
        say(effectSentence(effect));
      },
      (error: unknown) => fail(id, 'compare', error),
    )
    .finally(() => adaptersStore.setState({ comparing: null }));
}

export const stopCompare = (): void => void ask('adapters.stop-compare', {}).catch(reportProblem);

/** What was stopped by hand is no fault. */
function fail(id: string, of: 'compare' | 'bake', thrown: unknown): void {
  const error = asStudioError(thrown);
  if (error.kind !== 'cancelled') adaptersStore.setState({ problem: { id, of, error } });
}

export function hearCompare({ id, part, secondsLeft }: EventOf<'adapters.effect-progress'>): void {
  if (adaptersStore.getState().comparing?.id === id) adaptersStore.setState({ comparing: { id, part, secondsLeft } });
}

/** The model with this adapter merged into its weights, as a file of its own. */
export function bake(card: AdapterCard): void {
  const { baking, strengths } = adaptersStore.getState();
  if (baking || whyNotRun(card) !== null) return;
  const { draft } = generateStore.getState();
  const { id, name } = card;
  const row = mixerRow(draft, id);
  const weight = strengthOf(card, strengths, row);
  const textWeight = strengths.has(id) || !row ? weight : row.textWeight;
  adaptersStore.setState({ problem: null, baking: { id, part: 0, secondsLeft: null } });
  ask('adapters.bake', { model: draft.model, adapters: [{ adapter: id, weight, textWeight }] })
    .then(
      (baked) => {
        if (!baked) return;
        showToast({ tone: 'info', text: bakedWords(name, baked), action: null });
      },
      (error: unknown) => fail(id, 'bake', error),
    )
    .finally(() => adaptersStore.setState({ baking: null }));
}

const networks: Record<string, string> = {
  unet: 'UNet',
  text_encoder: 'text encoder',
  text_encoder_2: 'second text encoder',
};

/** "ink is baked into /models/ink.safetensors · whole UNet in F16 · 1.7 GB"; a text encoder lies in a file beside it. */
export function bakedWords(
  name: string,
  { path, alsoWritten, components, dtype, bytes: size }: NonNullable<ReplyOf<'adapters.bake'>>,
): string {
  const beside = alsoWritten.length > 0 ? `, with ${plural(alsoWritten.length, 'file')} beside it` : '';
  const whole = components.map((component) => networks[component] ?? component).join(' and ');
  return `${name} is baked into ${path}${beside} · whole ${whole} in ${dtype.toUpperCase()} · ${bytes(size)}`;
}

export const stopBake = (): void => void ask('adapters.stop-bake', {}).catch(reportProblem);

export function hearBake(progress: EventOf<'adapters.bake-progress'>): void {
  adaptersStore.setState(({ baking }) => ({ baking: baking && ({ id: baking.id, ...progress } satisfies Work) }));
}

const verdicts: Record<AdapterEffect['verdict'], string> = {
  none: 'No effect.',
  faint: 'A faint effect.',
  clear: 'A clear effect.',
  strong: 'A strong effect.',
};

export const verdictWords = ({ verdict }: AdapterEffect): string => verdicts[verdict];

/** "Pixels differ by 11.4 %, CLIP similarity 0.83." */
export function differenceWords({ pixelDifference, clipSimilarity }: AdapterEffect): string {
  const pixels = `Pixels differ by ${fixed(pixelDifference, 1)} %`;
  return clipSimilarity === null ? `${pixels}.` : `${pixels}, CLIP similarity ${fixed(clipSimilarity, 2)}.`;
}

const effectSentence = (effect: AdapterEffect): string => `${verdictWords(effect)} ${differenceWords(effect)}`;
