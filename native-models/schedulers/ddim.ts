/**
 * DDIM: Song, Meng and Ermon 2021, "Denoising diffusion implicit models" (arXiv 2010.02502).
 *
 * Equation 12 with sigma_t(eta) of equation 16 at eta = 0: the deterministic sampler, no noise in its steps.
 * Reference: diffusers 0.42.1, DDIMScheduler. Under `karras`, which that class does not have: the same step between
 * the sigmas that EulerDiscreteScheduler lays with `use_karras_sigmas`, alpha_bar = 1 / (1 + sigma^2), down to 0.
 *
 * Notation:  sample -> x_t        modelOutput -> epsilon_theta(x_t, t), or x_0, or v
 *            previous -> x_t-1    predictedOriginal -> f_theta(x_t, t), the predicted x_0
 *            alphaBar -> alpha_t of the paper, the cumulative product that DDPM writes as alpha_bar_t
 */
import { ModelError } from '../errors.js';
import { limited } from './limits.js';
import {
  alphasCumprod,
  checkSteps,
  roundHalfEven,
  sigmaSchedule,
  spacedTimesteps,
  WHOLE_RANGE,
} from './noise-schedules.js';
import {
  booleanOption,
  DDPM_DEFAULTS,
  limitOption,
  spacingOptions,
  trainingOptions,
  type Limit,
  type Prediction,
  type SchedulerConfig,
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

export const ddim: Scheduler = { id: 'ddim', label: 'DDIM', schedule };

interface Plan {
  readonly timesteps: Float32Array;
  /** alpha_bar where each step starts, and where it ends. */
  readonly alphaBars: Float32Array;
  readonly previousAlphaBars: Float32Array;
  readonly prediction: Prediction;
  readonly limit: Limit;
}

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const plan = request.schedule === 'karras' ? karrasPlan(config, request) : normalPlan(config, request);
  return {
    timesteps: plan.timesteps,
    sigmas: null,
    initNoiseSigma: 1,
    wantsNoise: () => false,
    scaleModelInput: (sample) => sample,
    step: (input) => step(plan, input),
  };
}

function normalPlan(config: SchedulerConfig, { steps }: ScheduleRequest): Plan {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(steps, training.trainTimesteps);
  const timesteps = Float32Array.from(
    spacedTimesteps(steps, training.trainTimesteps, spacingOptions(config, 'leading')),
    roundHalfEven,
  );
  const bars = alphasCumprod(training);
  if (timesteps[0]! >= bars.length) {
    throw new ModelError('bad-input', `${steps} steps would begin at timestep ${timesteps[0]}, and this model knows 0 to ${bars.length - 1}: choose fewer steps.`); // prettier-ignore
  }
  if (bars[timesteps[0]!] === 0 && training.prediction === 'epsilon') {
    throw new ModelError('unsupported', 'A model with zero terminal SNR that predicts epsilon has no picture at its first timestep: choose euler, or fix prediction_type in the scheduler config.'); // prettier-ignore
  }
  // The end of the way: alpha_bar 1 with set_alpha_to_one, else that of timestep 0 (all Stable Diffusion models).
  const final = booleanOption(config, 'set_alpha_to_one', true) ? 1 : bars[0]!;
  // A step goes back by T / steps, which is not always where the next one starts.
  const distance = Math.floor(training.trainTimesteps / steps);
  return {
    timesteps,
    alphaBars: timesteps.map((t) => bars[t]!),
    previousAlphaBars: timesteps.map((t) => (t - distance >= 0 ? bars[t - distance]! : final)),
    prediction: training.prediction,
    limit: limitOption(config, true),
  };
}

function karrasPlan(config: SchedulerConfig, request: ScheduleRequest): Plan {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const { timesteps, sigmas } = sigmaSchedule(request, training, spacingOptions(config, 'linspace'), WHOLE_RANGE);
  const bars = sigmas.map((sigma) => 1 / (1 + sigma ** 2));
  return {
    timesteps,
    alphaBars: bars.subarray(0, -1),
    previousAlphaBars: bars.subarray(1),
    prediction: training.prediction,
    limit: limitOption(config, true),
  };
}

function step(plan: Plan, { index, sample, modelOutput }: StepInput): StepResult {
  // 1. alpha_t, as the roots that the formulas want: how much picture and how much noise the sample is made of
  const signal = f32(Math.sqrt(plan.alphaBars[index]!));
  const spread = f32(Math.sqrt(f32(1 - plan.alphaBars[index]!)));

  // 2. predicted x_0 (the first bracket of equation 12) and predicted noise, from what the network predicts
  let predictedOriginal: Float32Array;
  let epsilon: Float32Array;
  switch (plan.prediction) {
    case 'epsilon':
      predictedOriginal = sample.map((value, i) => f32(value - f32(spread * modelOutput[i]!)) / signal);
      epsilon = modelOutput;
      break;
    case 'sample':
      predictedOriginal = modelOutput;
      epsilon = sample.map((value, i) => f32(value - f32(signal * modelOutput[i]!)) / spread);
      break;
    case 'v_prediction':
      predictedOriginal = sample.map((value, i) => f32(signal * value) - f32(spread * modelOutput[i]!));
      epsilon = sample.map((value, i) => f32(signal * modelOutput[i]!) + f32(spread * value));
      break;
  }

  // 3. keep x_0 within the range of pictures, where the config says so; the noise stays as predicted
  predictedOriginal = limited(predictedOriginal, plan.limit);

  // 4. equation 12: x_t-1 = sqrt(alpha_t-1) x_0 + sqrt(1 - alpha_t-1) epsilon, "direction pointing to x_t"
  const previousSignal = f32(Math.sqrt(plan.previousAlphaBars[index]!));
  const previousSpread = f32(Math.sqrt(f32(1 - plan.previousAlphaBars[index]!)));
  const previous = predictedOriginal.map((value, i) => f32(previousSignal * value) + f32(previousSpread * epsilon[i]!));
  return { previous, predictedOriginal, history: NO_HISTORY };
}
