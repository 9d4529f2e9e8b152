import { randomInt } from 'node:crypto';
import { pictureSize } from '../../native-models/pipelines/picture-size.js';
import type { Capabilities, Choice } from '../contracts/capabilities.js';
import { generationSettings, type GenerationSettings } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';

/** What a person asked for; everything left out is the model's own default, and a seed by chance. */
export type SettingsWish = { readonly [K in keyof GenerationSettings]?: GenerationSettings[K] | undefined };

export interface NormalSettings {
  readonly settings: GenerationSettings;
  /** What was changed, one sentence each. */
  readonly notices: readonly string[];
}

/** A name that the contract may have but this version has not. */
export class UnknownChoice extends StudioError {
  readonly choices: readonly string[];

  constructor(what: string, got: string, choices: readonly Choice[]) {
    const ids = choices.map((choice) => choice.id);
    super('bad-input', `There is no ${what} ${got || '(empty)'}: choose one of ${ids.join(', ')}.`);
    this.choices = ids;
  }
}

/** Fill in, check, and round: the settings that a picture is made with. Throws one sentence for what cannot be. */
export function normaliseSettings(
  wish: SettingsWish,
  model: Pick<Model, 'name' | 'sizeMultiple' | 'defaults'>,
  capabilities: Pick<Capabilities, 'samplers' | 'schedules'>,
): NormalSettings {
  const notices: string[] = [];
  const { defaults, sizeMultiple } = model;
  const sampler = choose('sampler', wish.sampler, defaults.sampler, 'euler', capabilities.samplers, notices);
  const schedule = choose('schedule', wish.schedule, defaults.schedule, 'normal', capabilities.schedules, notices);
  const asked = {
    model: wish.model ?? model.name,
    prompt: cleanText(wish.prompt ?? ''),
    negative: cleanText(wish.negative ?? ''),
    steps: wish.steps ?? defaults.steps,
    cfg: wish.cfg ?? defaults.cfg,
    sampler,
    schedule,
    seed: wish.seed ?? randomSeed(),
    width: wish.width ?? defaults.width,
    height: wish.height ?? defaults.height,
    clipSkip: wish.clipSkip ?? 1,
    adapters: wish.adapters ?? [],
  };
  for (const [field, sentence] of Object.entries(ranges)) {
    const name = field as keyof typeof ranges;
    if (!generationSettings.shape[name].safeParse(asked[name]).success) {
      throw new StudioError('bad-input', `${sentence}; got ${asked[name]}.`);
    }
  }
  const { width, height, notice } = pictureSize(asked.width, asked.height, sizeMultiple);
  if (notice !== null) notices.push(notice);
  return { settings: { ...asked, width, height }, notices };
}

/** 32 bits, as everyone's seeds. */
export const randomSeed = (): number => randomInt(0, 2 ** 32);

const ranges = {
  steps: 'Steps are a whole number from 1 to 1000',
  cfg: 'Guidance is a number from 0 to 100',
  seed: `A seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  width: 'Width is a whole number of pixels from 1 to 8192',
  height: 'Height is a whole number of pixels from 1 to 8192',
  clipSkip: 'Clip skip is a whole number from 1 to 24',
} as const;

function choose(
  what: string,
  wish: string | undefined,
  byModel: string,
  byAll: string,
  choices: readonly Choice[],
  notices: string[],
): string {
  const has = (id: string) => choices.some((choice) => choice.id === id);
  if (wish !== undefined) {
    if (!has(wish)) throw new UnknownChoice(what, wish, choices);
    return wish;
  }
  if (has(byModel)) return byModel;
  notices.push(`The model's card asks for the ${what} ${byModel}, which this version does not have: ${byAll} is used.`);
  return byAll;
}

/** Text that any file can hold: no NUL, no half of a character. */
const cleanText = (text: string): string => text.replaceAll('\0', '').replace(loneSurrogate, '\ufffd');
const loneSurrogate = /\p{Surrogate}/gu;
