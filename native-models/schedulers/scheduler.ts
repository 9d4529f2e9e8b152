/**
 * What every sampler is: a pure way from noise to a picture, one network call a step.
 *
 * The words are diffusers': the *schedule* says at which timesteps the network is asked, *sigma* is the noise level
 * sqrt((1 - alpha_bar) / alpha_bar), a *step* goes from one timestep to the next. Nothing here holds state: a step
 * gets everything that earlier steps left behind as `history` and gives the next history back, so a run can stop
 * after any step and go on later from what it wrote down, bit for bit.
 *
 * Samples are the latents of one picture, flat; a scheduler never needs their shape.
 */
import type { SchedulerConfig } from './scheduler-config.js';

export interface Scheduler {
  /** The command line's name, stored with every picture: `dpmpp_2m`. */
  readonly id: string;
  /** What a person reads, as A1111 spells it: `DPM++ 2M`. */
  readonly label: string;
  /** Throws a ModelError when the config or the request asks for what this sampler cannot do. */
  schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule;
}

export interface ScheduleRequest {
  /** Steps as people count them, 1 up to the timesteps that the model was trained with. */
  readonly steps: number;
  readonly schedule: ScheduleName;
}

/** `normal` is the spacing that the model's own config asks for; the others are laid over it. */
export type ScheduleName = 'normal' | 'karras';

/** The plan for one picture, and the steps that carry it out. */
export interface Schedule {
  /**
   * What the network is told at each step of the plan, [calls]; whole numbers for some samplers, fractions for others.
   * As many as were asked for, or more for a sampler whose steps ask the network twice.
   */
  readonly timesteps: Float32Array;
  /** Noise levels, [calls + 1]: the last is where the picture ends. Null where a sampler counts in timesteps only. */
  readonly sigmas: Float32Array | null;
  /** Unit noise times this is the sample that step 0 starts from. */
  readonly initNoiseSigma: number;
  /** The sample as the network wants to see it at this step. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array;
  /** Whether step `index` mixes in fresh unit noise. It does not ask for it at any other step. */
  wantsNoise(index: number): boolean;
  step(input: StepInput): StepResult;
}

export interface StepInput {
  /** 0 up to the number of timesteps, less one. */
  readonly index: number;
  /** The sample that the step starts from, not scaled. */
  readonly sample: Float32Array;
  /** What the network said about it, after guidance. */
  readonly modelOutput: Float32Array;
  /** What the step before gave back; empty at step 0. */
  readonly history: History;
  /** Unit noise of the sample's size; given exactly when `wantsNoise(index)`. */
  readonly noise?: Float32Array;
}

export interface StepResult {
  /** The sample that the next step starts from; after the last step, the picture's latents. */
  readonly previous: Float32Array;
  /** What the network thinks the picture is by now, without noise: x_0. */
  readonly predictedOriginal: Float32Array;
  readonly history: History;
}

/** Arrays of the sample's size that a multistep method looks back on, oldest first. Never changed in place. */
export type History = readonly Float32Array[];

export const NO_HISTORY: History = [];
