/**
 * Reads `scheduler_config.json` of a diffusers folder.
 *
 * One such file is read by whichever sampler the person chose, as diffusers' `from_config` does: options that a
 * sampler does not know are passed over, and options that the file leaves out take that sampler's own defaults,
 * which differ (`timestep_spacing` is `leading` for DDIM, `linspace` for Euler).
 */
import { ModelError } from '../errors.js';

/** The file's JSON object, as it is. */
export type SchedulerConfig = Readonly<Record<string, unknown>>;

/** How the network was trained: which noise belongs to which timestep, and what it was taught to say. */
export interface TrainingOptions {
  /** T: timesteps 0 to T - 1. 1000 in all Stable Diffusion models. */
  readonly trainTimesteps: number;
  readonly betaSchedule: BetaSchedule;
  /** beta_1 and beta_T. 0.00085 and 0.012 in SD 1.5, SD 2 and SDXL. */
  readonly betaStart: number;
  readonly betaEnd: number;
  /** All betas, [T], where the file lists them itself; else null. */
  readonly trainedBetas: readonly number[] | null;
  /** Betas rescaled so that the last timestep is pure noise (Lin et al. 2023, "Common diffusion noise schedules"). */
  readonly zeroTerminalSnr: boolean;
  readonly prediction: Prediction;
}

export type BetaSchedule = 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
/** Noise, the picture itself, or velocity (Salimans and Ho 2022, "Progressive distillation", section 4). */
export type Prediction = 'epsilon' | 'sample' | 'v_prediction';
/** Table 2 of Lin et al. 2023: which timesteps a run of few steps visits. */
export type Spacing = 'leading' | 'trailing' | 'linspace';

export interface TrainingDefaults {
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: BetaSchedule;
}

/**
 * Where a config names no betas: what diffusers' classes of DDPM, DDIM, Euler, Euler ancestral and DPM-Solver take.
 * Not all take it: Heun, KDPM2 and DPM-Solver SDE go from 0.00085 to 0.012 linear, LCM and TCD so scaled_linear. The
 * signature of the class says.
 */
export const DDPM_DEFAULTS: TrainingDefaults = { betaStart: 0.0001, betaEnd: 0.02, betaSchedule: 'linear' };

export function trainingOptions(
  config: SchedulerConfig,
  defaults: TrainingDefaults,
  predictions: readonly Prediction[],
): TrainingOptions {
  const trainedBetas = config['trained_betas'] ?? null;
  if (trainedBetas !== null && !(Array.isArray(trainedBetas) && trainedBetas.every(Number.isFinite))) {
    throw unfit('trained_betas', trainedBetas, 'a list of numbers or null');
  }
  const trainTimesteps = numberOption(config, 'num_train_timesteps', 1000);
  if (!Number.isInteger(trainTimesteps) || trainTimesteps < 1) {
    throw unfit('num_train_timesteps', trainTimesteps, 'a whole number from 1');
  }
  if (trainedBetas !== null && trainedBetas.length !== trainTimesteps) {
    throw unfit('trained_betas', `a list of ${trainedBetas.length}`, `${trainTimesteps} numbers, one a timestep`);
  }
  return {
    trainTimesteps,
    trainedBetas,
    betaSchedule: choiceOption(config, 'beta_schedule', defaults.betaSchedule, [
      'linear',
      'scaled_linear',
      'squaredcos_cap_v2',
    ]),
    betaStart: numberOption(config, 'beta_start', defaults.betaStart),
    betaEnd: numberOption(config, 'beta_end', defaults.betaEnd),
    zeroTerminalSnr: booleanOption(config, 'rescale_betas_zero_snr', false),
    prediction: choiceOption(config, 'prediction_type', 'epsilon', predictions),
  };
}

/** Which timesteps are visited: `timestep_spacing` and `steps_offset` (added to leading timesteps; 1 in SD). */
export interface SpacingOptions {
  readonly spacing: Spacing;
  readonly stepsOffset: number;
}

export function spacingOptions(config: SchedulerConfig, defaultSpacing: Spacing): SpacingOptions {
  return {
    spacing: choiceOption(config, 'timestep_spacing', defaultSpacing, ['leading', 'trailing', 'linspace']),
    stepsOffset: numberOption(config, 'steps_offset', 0),
  };
}

/** What is done to the predicted picture before it is used. Latent models do neither; pixel models may. */
export type Limit =
  | { readonly kind: 'none' }
  /** Cut off at -range and range. */
  | { readonly kind: 'clip'; readonly range: number }
  /** Dynamic thresholding (Saharia et al. 2022, "Imagen", section 2.3). */
  | { readonly kind: 'threshold'; readonly ratio: number; readonly max: number };

/** `clipByDefault` is null for samplers that do not know `clip_sample`. */
export function limitOption(config: SchedulerConfig, clipByDefault: boolean | null): Limit {
  if (booleanOption(config, 'thresholding', false)) {
    return {
      kind: 'threshold',
      ratio: numberOption(config, 'dynamic_thresholding_ratio', 0.995),
      max: numberOption(config, 'sample_max_value', 1),
    };
  }
  if (clipByDefault !== null && booleanOption(config, 'clip_sample', clipByDefault)) {
    return { kind: 'clip', range: numberOption(config, 'clip_sample_range', 1) };
  }
  return { kind: 'none' };
}

export function numberOption(config: SchedulerConfig, name: string, byDefault: number): number {
  const value = config[name] ?? byDefault;
  if (typeof value !== 'number' || Number.isNaN(value)) throw unfit(name, value, 'a number');
  return value;
}

export function booleanOption(config: SchedulerConfig, name: string, byDefault: boolean): boolean {
  const value = config[name] ?? byDefault;
  if (typeof value !== 'boolean') throw unfit(name, value, 'true or false');
  return value;
}

export function choiceOption<Choice extends string>(
  config: SchedulerConfig,
  name: string,
  byDefault: Choice,
  choices: readonly Choice[],
): Choice {
  const value = config[name] ?? byDefault;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw unfit(name, value, `one of ${choices.join(', ')}, for this sampler`);
  return found;
}

function unfit(name: string, value: unknown, expected: string): ModelError {
  return new ModelError('unsupported', `The scheduler config says ${name} is ${show(value)}, expected ${expected}.`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
