import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { AdapterUse } from '../../app/contracts/adapters.js';
import type { GenerationSettings, TokenCount } from '../../app/contracts/generation.js';
import type { Model } from '../../app/contracts/models.js';
import type { Preferences } from '../../app/contracts/preferences.js';
import type { ReadSettings } from '../../app/contracts/window.js';
import type { StudioError } from '../../app/contracts/studio-error.js';
import type { Pace } from './estimate.js';
import { toMultiple } from './picture-size.js';

/** An adapter of the mixer; one that is off stays with its strengths. */
export type MixerRow = AdapterUse & { on: boolean };

/** What will be asked for: the settings of a job, and how the panel treats them. */
export interface Draft extends Omit<GenerationSettings, 'adapters'> {
  readonly mixer: MixerRow[];
  readonly count: number;
  /** Unless it is locked, the seed is drawn anew as soon as a job took it. */
  readonly seedLocked: boolean;
}

/**
 * What the stage shows. `follow` = the running picture, then whatever came last; choosing an older picture or a
 * stopped job ends that until the live shot is chosen again.
 */
export type Selection =
  | { readonly kind: 'follow' }
  | { readonly kind: 'picture'; readonly id: string }
  | { readonly kind: 'job'; readonly id: string };

/** The picture being made, but for what changes at every step (that is in `studio/progress.ts`). */
export interface Live {
  readonly jobId: string;
  readonly picture: number;
  readonly phase: 'loading' | 'denoising' | 'decoding' | 'saving';
  readonly width: number;
  readonly height: number;
  /** Milliseconds since 1970 at which this phase began. */
  readonly since: number;
  readonly hasPreview: boolean;
}

export interface GenerateState {
  readonly draft: Draft;
  readonly selection: Selection;
  readonly live: Live | null;
  /** The last picture that came while the window watched: its preview stays until its pixels are there. */
  readonly justMade: string | null;
  /**
   * The last picture that was asked for by letting go of an adapter's slider: while its job runs, the picture `of` which
   * it is made anew stays on the stage. `jobId` is null until main has answered.
   */
  readonly remake: { readonly of: string; readonly jobId: string | null } | null;
  readonly promptTokens: TokenCount | null;
  readonly negativeTokens: TokenCount | null;
  /** A request of this panel that was refused. */
  readonly problem: StudioError | null;
  /** "Size set to 512 × 640: sides are multiples of 8." Shown under the size until the next change. */
  readonly sizeNote: string | null;
  /** Why a typed step count, guidance or seed was not taken as it is. Shown under them until the next is. */
  readonly numberNote: string | null;
  readonly paces: Readonly<Record<string, Pace>>;
  readonly fullView: boolean;
  readonly actualSize: boolean;
  readonly modelMenuOpen: boolean;
  readonly adapterMenuOpen: boolean;
  readonly moreOpen: boolean;
  /** The column of settings. */
  readonly settingsShown: boolean;
  /** Settings read from a picture, offered as differences to take or leave. */
  readonly offer: { readonly from: string; readonly read: ReadSettings } | null;
}

const firstDraft: Draft = {
  model: '',
  prompt: '',
  negative: '',
  steps: 20,
  cfg: 7,
  sampler: 'euler',
  schedule: 'normal',
  seed: 0,
  width: 512,
  height: 512,
  clipSkip: 1,
  mixer: [],
  count: 1,
  seedLocked: false,
};

export const generateStore = createStore<GenerateState>(() => ({
  draft: firstDraft,
  selection: { kind: 'follow' },
  live: null,
  justMade: null,
  remake: null,
  promptTokens: null,
  negativeTokens: null,
  problem: null,
  sizeNote: null,
  numberNote: null,
  paces: {},
  fullView: false,
  actualSize: false,
  modelMenuOpen: false,
  adapterMenuOpen: false,
  moreOpen: false,
  settingsShown: true,
  offer: null,
}));

export const useGenerate = <T>(select: (state: GenerateState) => T): T => useStore(generateStore, select);

/** The draft as it was left, on the model it was left with (or the first that is there). */
export function draftFrom(saved: Preferences['draft'], models: readonly Model[]): Draft {
  const model =
    models.find(({ id, missing }) => id === saved.model && !missing) ?? models.find(({ missing }) => !missing) ?? null;
  const start: Draft = model ? { ...firstDraft, ...model.defaults, model: model.id } : firstDraft;
  const { model: _model, ...rest } = saved;
  const kept = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...start, ...kept };
}

/** Settings that the person left at the old model's defaults move to the new one's; what they chose stays. */
export function draftForModel(draft: Draft, from: Model | null, to: Model): Draft {
  const old = from?.defaults ?? firstDraft;
  const move = <T>(value: T, was: T, standard: T): T => (value === was ? standard : value);
  const sizeIsDefault = draft.width === old.width && draft.height === old.height;
  const takesDefaultSize = sizeIsDefault || from === null || from.nativeSize !== to.nativeSize;
  return {
    ...draft,
    model: to.id,
    steps: move(draft.steps, old.steps, to.defaults.steps),
    cfg: move(draft.cfg, old.cfg, to.defaults.cfg),
    sampler: move(draft.sampler, old.sampler, to.defaults.sampler),
    schedule: move(draft.schedule, old.schedule, to.defaults.schedule),
    width: takesDefaultSize ? to.defaults.width : toMultiple(draft.width, to.sizeMultiple),
    height: takesDefaultSize ? to.defaults.height : toMultiple(draft.height, to.sizeMultiple),
  };
}

/** The settings of a draft, without what only the panel knows. */
export function settingsOf({ count: _count, seedLocked: _locked, mixer, ...settings }: Draft): GenerationSettings {
  return { ...settings, adapters: usesOf(mixer) };
}

/** What a job is told of the mixer: the rows that are on. */
const usesOf = (mixer: readonly MixerRow[]): AdapterUse[] =>
  mixer.filter(({ on }) => on).map(({ on: _on, ...use }) => use);

/** Adapters of a picture as rows of the mixer. */
export const rowsOf = (uses: readonly AdapterUse[]): MixerRow[] => uses.map((use) => ({ ...use, on: true }));

/** The same adapters at the same strengths: they make the same picture. */
export const sameUses = (a: readonly AdapterUse[], b: readonly AdapterUse[]): boolean =>
  a.length === b.length &&
  a.every(({ adapter, weight, textWeight }, index) => {
    const other = b[index];
    return other?.adapter === adapter && other.weight === weight && other.textWeight === textWeight;
  });
