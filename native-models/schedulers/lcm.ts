/**
 * Latent consistency sampling: Luo, Tan, Huang, Li and Zhao 2023, "Latent consistency models" (arXiv 2310.04378),
 * algorithm 3, multistep sampling. For models and LoRAs distilled for it: 1 to 8 steps, guidance 1 to 2.
 *
 * Reference: diffusers 0.42.1, LCMScheduler. `normal` takes evenly spaced timesteps out of the ones that the model
 * was distilled on and does not ask for `timestep_spacing`. Under `karras`, which that class does not have:
 * `karrasAlphaBars`.
 *
 * Notation:  sample -> z_t        predictedOriginal -> f_theta(z_t, t), the consistency function
 *            noise -> z           cSkip, cOut -> c_skip(t), c_out(t)
 *            previous -> z_t_n+1
 */
import { ModelError } from '../errors.js';
import { limited } from './limits.js';
import { alphasCumprod, checkSteps } from './noise-schedules.js';
import {
  limitOption,
  numberOption,
  trainingOptions,
  type Limit,
  type Prediction,
  type SchedulerConfig,
  type TrainingDefaults,
  type TrainingOptions,
} from './scheduler-config.js';
import {
  NO_HISTORY,
  type Schedule,
  type ScheduleRequest,
  type Scheduler,
  type StepInput,
  type StepResult,
} from './scheduler.js';

import {
  checkFirstAlphaBar,
  karrasAlphaBars,
  mixtureAt,
  predictedOriginalOf,
  type AlphaBars,
} from './variance-preserving.js';

const f32 = Math.fround;

export const lcm: Scheduler = { id: 'lcm', label: 'LCM', schedule };

const LCM_DEFAULTS: TrainingDefaults = { betaStart: 0.00085, betaEnd: 0.012, betaSchedule: 'scaled_linear' };

/** Deviation of the latents, in the boundary condition f(z, 0) = z. */
const SIGMA_DATA = 0.5;

/** A step ends where its noise lifts the sample to; the last one has none, and its end is not used. */
interface Plan extends AlphaBars {
  readonly prediction: Prediction;
  readonly limit: Limit;
  /** Timesteps are multiplied by this in the boundary condition; 10. */
  readonly timestepScaling: number;
}

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, LCM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const plan: Plan = {
    ...(request.schedule === 'karras'
      ? karrasAlphaBars(config, request, training)
      : ownAlphaBars(config, request, training)),
    prediction: training.prediction,
    limit: limitOption(config, false),
    timestepScaling: numberOption(config, 'timestep_scaling', 10),
  };
  return {
    timesteps: plan.timesteps,
    sigmas: null,
    initNoiseSigma: 1,
    wantsNoise: (index) => index < request.steps - 1,
    scaleModelInput: (sample) => sample,
    step: (input) => step(plan, input),
  };
}

/** k, 2k, ... T, less one, are the timesteps of distillation; a run takes every so many of them, from the noisy end. */
function ownAlphaBars(config: SchedulerConfig, { steps }: ScheduleRequest, training: TrainingOptions): AlphaBars {
  const distilled = numberOption(config, 'original_inference_steps', 50);
  if (distilled > training.trainTimesteps) {
    throw new ModelError('unsupported', `The scheduler config says original_inference_steps is ${distilled}, expected at most num_train_timesteps, ${training.trainTimesteps}.`); // prettier-ignore
  }
  if (steps > distilled) {
    throw new ModelError('bad-input', `LCM takes at most ${distilled} steps, got ${steps}: 4 to 8 are usual.`);
  }
  const k = Math.floor(training.trainTimesteps / distilled);
  const timesteps = Float32Array.from(
    { length: steps },
    (_, i) => (distilled - Math.floor(i * (distilled / steps))) * k - 1,
  );
  const bars = alphasCumprod(training);
  checkFirstAlphaBar(bars[timesteps[0]!]!, training.prediction);
  const alphaBars = timesteps.map((t) => bars[t]!);
  return { timesteps, alphaBars, endAlphaBars: Float32Array.of(...alphaBars.subarray(1), 1) };
}

function step(plan: Plan, { index, sample, modelOutput, noise }: StepInput): StepResult {
  // 1. predicted x_0, from what the network predicts
  const start = mixtureAt(plan.alphaBars[index]!);
  const original = limited(predictedOriginalOf(plan.prediction, sample, modelOutput, start), plan.limit);

  // 2. f(z, t) = c_skip(t) z + c_out(t) x_0, which is z itself at t = 0 (section 4.1 of the paper)
  const t = plan.timesteps[index]! * plan.timestepScaling;
  const cSkip = f32(SIGMA_DATA ** 2 / (t ** 2 + SIGMA_DATA ** 2));
  const cOut = f32(t / Math.sqrt(t ** 2 + SIGMA_DATA ** 2));
  const predictedOriginal = original.map((value, i) => f32(cOut * value) + f32(cSkip * sample[i]!));

  // 3. fresh noise lifts it to the next timestep; the last step ends here
  if (index === plan.timesteps.length - 1) {
    return { previous: predictedOriginal, predictedOriginal, history: NO_HISTORY };
  }
  if (noise === undefined) throw new TypeError('lcm wants noise in every step but the last');
  const end = mixtureAt(plan.endAlphaBars[index]!);
  const previous = predictedOriginal.map((value, i) => f32(end.signal * value) + f32(end.spread * noise[i]!));
  return { previous, predictedOriginal, history: NO_HISTORY };
}
