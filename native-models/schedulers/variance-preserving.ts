/**
 * What samplers share that count in alpha_bar: a sample is sqrt(alpha_bar) of the picture and sqrt(1 - alpha_bar) of
 * noise, so that its variance is one at every timestep. (Samplers that count in sigmas: `preconditioning.ts`.)
 *
 * Sources: Ho, Jain and Abbeel 2020 ("DDPM"), equations 4 and 15; Salimans and Ho 2022 ("Progressive distillation"),
 * section 4, for v. The order of the float32 operations is that of diffusers 0.42.1.
 *
 * Notation:  signal, spread -> sqrt(alpha_bar_t), sqrt(1 - alpha_bar_t)
 */
import { ModelError } from '../errors.js';
import { sigmaSchedule, WHOLE_RANGE } from './noise-schedules.js';
import { spacingOptions, type Prediction, type SchedulerConfig, type TrainingOptions } from './scheduler-config.js';
import type { ScheduleRequest } from './scheduler.js';

const f32 = Math.fround;

/** How much picture and how much noise a sample is made of. */
export interface Mixture {
  readonly signal: number;
  readonly spread: number;
}

export function mixtureAt(alphaBar: number): Mixture {
  return { signal: f32(Math.sqrt(alphaBar)), spread: f32(Math.sqrt(f32(1 - alphaBar))) };
}

/** x_0, the sample without its noise, from what the network said. */
export function predictedOriginalOf(
  prediction: Prediction,
  sample: Float32Array,
  modelOutput: Float32Array,
  { signal, spread }: Mixture,
): Float32Array {
  switch (prediction) {
    case 'epsilon':
      return sample.map((value, i) => f32(value - f32(spread * modelOutput[i]!)) / signal);
    case 'sample':
      return modelOutput;
    case 'v_prediction':
      return sample.map((value, i) => f32(signal * value) - f32(spread * modelOutput[i]!));
  }
}

/** The way of a run. */
export interface AlphaBars {
  /** What the network is told at each step, [steps]. */
  readonly timesteps: Float32Array;
  /** alpha_bar where each step starts, and where it ends; both [steps]. */
  readonly alphaBars: Float32Array;
  readonly endAlphaBars: Float32Array;
}

/**
 * `karras` for classes of diffusers that do not have it: the timesteps and sigmas that EulerDiscreteScheduler lays with
 * `use_karras_sigmas`, alpha_bar = 1 / (1 + sigma^2), down to sigma 0.
 */
export function karrasAlphaBars(
  config: SchedulerConfig,
  request: ScheduleRequest,
  training: TrainingOptions,
): AlphaBars {
  const { timesteps, sigmas } = sigmaSchedule(request, training, spacingOptions(config, 'linspace'), WHOLE_RANGE);
  const bars = sigmas.map((sigma) => 1 / (1 + sigma ** 2));
  return { timesteps, alphaBars: bars.subarray(0, -1), endAlphaBars: bars.subarray(1) };
}

/** Refuses a run whose first sample is noise alone (alpha_bar 0): epsilon then says nothing about the picture. */
export function checkFirstAlphaBar(alphaBar: number, prediction: Prediction): void {
  if (alphaBar === 0 && prediction === 'epsilon') {
    throw new ModelError('unsupported', 'A model with zero terminal SNR that predicts epsilon has no picture at its first timestep: choose euler, or fix prediction_type in the scheduler config.'); // prettier-ignore
  }
}
