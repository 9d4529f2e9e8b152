/**
 * Latent consistency sampling: Luo, Tan, Huang, Li and Zhao 2023, "Latent consistency models" (arXiv 2310.04378),
 * algorithm 3, multistep sampling. For models and LoRAs distilled for it: 1 to 8 steps, guidance 1 to 2.
 *
 * Reference: diffusers 0.42.1, LCMScheduler. `normal` takes evenly spaced timesteps out of the ones that the model
 * was distilled on and does not ask for `timestep_spacing`. Under `karras`, which that class does not have: the
 * timesteps and sigmas that EulerDiscreteScheduler lays with `use_karras_sigmas`, alpha_bar = 1 / (1 + sigma^2).
 *
 * Notation:  sample -> z_t        predictedOriginal -> f_theta(z_t, t), the consistency function
 *            noise -> z           cSkip, cOut -> c_skip(t), c_out(t)
 *            previous -> z_t_n+1
 */
import { ModelError } from '../errors.js';
import { limited } from './limits.js';
import { alphasCumprod, checkSteps, sigmaSchedule, WHOLE_RANGE } from './noise-schedules.js';
import {
  limitOption,
  numberOption,
  spacingOptions,
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

const f32 = Math.fround;

export const lcm: Scheduler = { id: 'lcm', label: 'LCM', schedule };

const LCM_DEFAULTS: TrainingDefaults = { betaStart: 0.00085, betaEnd: 0.012, betaSchedule: 'scaled_linear' };

/** Deviation of the latents, in the boundary condition f(z, 0) = z. */
const SIGMA_DATA = 0.5;

interface Plan {
  readonly timesteps: Float32Array;
  /** alpha_bar where each step starts, and where its noise lifts the sample to; the last entry of these is not used. */
  readonly alphaBars: Float32Array;
  readonly nextAlphaBars: Float32Array;
  readonly prediction: Prediction;
  readonly limit: Limit;
  /** Timesteps are multiplied by this in the boundary condition; 10. */
  readonly timestepScaling: number;
}

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, LCM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const plan: Plan = {
    ...(request.schedule === 'karras' ? karrasLevels(config, request, training) : ownLevels(config, request, training)),
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

type Levels = Pick<Plan, 'timesteps' | 'alphaBars' | 'nextAlphaBars'>;

/** k, 2k, ... T, less one, are the timesteps of distillation; a run takes every so many of them, from the noisy end. */
function ownLevels(config: SchedulerConfig, { steps }: ScheduleRequest, training: TrainingOptions): Levels {
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
  if (bars[timesteps[0]!] === 0 && training.prediction === 'epsilon') {
    throw new ModelError('unsupported', 'A model with zero terminal SNR that predicts epsilon has no picture at its first timestep: choose euler, or fix prediction_type in the scheduler config.'); // prettier-ignore
  }
  const alphaBars = timesteps.map((t) => bars[t]!);
  return { timesteps, alphaBars, nextAlphaBars: Float32Array.of(...alphaBars.subarray(1), 1) };
}

function karrasLevels(config: SchedulerConfig, request: ScheduleRequest, training: TrainingOptions): Levels {
  const { timesteps, sigmas } = sigmaSchedule(request, training, spacingOptions(config, 'linspace'), WHOLE_RANGE);
  const bars = sigmas.map((sigma) => 1 / (1 + sigma ** 2));
  return { timesteps, alphaBars: bars.subarray(0, -1), nextAlphaBars: bars.subarray(1) };
}

function step(plan: Plan, { index, sample, modelOutput, noise }: StepInput): StepResult {
  // 1. predicted x_0, from what the network predicts
  const signal = f32(Math.sqrt(plan.alphaBars[index]!));
  const spread = f32(Math.sqrt(f32(1 - plan.alphaBars[index]!)));
  let original: Float32Array;
  switch (plan.prediction) {
    case 'epsilon':
      original = sample.map((value, i) => f32(value - f32(spread * modelOutput[i]!)) / signal);
      break;
    case 'sample':
      original = modelOutput;
      break;
    case 'v_prediction':
      original = sample.map((value, i) => f32(signal * value) - f32(spread * modelOutput[i]!));
      break;
  }
  original = limited(original, plan.limit);

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
  const nextSignal = f32(Math.sqrt(plan.nextAlphaBars[index]!));
  const nextSpread = f32(Math.sqrt(f32(1 - plan.nextAlphaBars[index]!)));
  const previous = predictedOriginal.map((value, i) => f32(nextSignal * value) + f32(nextSpread * noise[i]!));
  return { previous, predictedOriginal, history: NO_HISTORY };
}
