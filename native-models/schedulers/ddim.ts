/**
 * DDIM: Song, Meng and Ermon 2021, "Denoising diffusion implicit models" (arXiv 2010.02502).
 *
 * Equation 12 with sigma_t(eta) of equation 16 at eta = 0: the deterministic sampler, no noise in its steps.
 * Reference: diffusers 0.42.1, DDIMScheduler. Under `karras`, which that class does not have: `karrasAlphaBars`.
 *
 * Notation:  sample -> x_t        modelOutput -> epsilon_theta(x_t, t), or x_0, or v
 *            previous -> x_t-1    predictedOriginal -> f_theta(x_t, t), the predicted x_0
 *            alphaBar -> alpha_t of the paper, the cumulative product that DDPM writes as alpha_bar_t
 */
import { ModelError } from '../errors.js';
import { limited } from './limits.js';
import { alphasCumprod, checkSteps, roundHalfEven, spacedTimesteps } from './noise-schedules.js';
import {
  booleanOption,
  DDPM_DEFAULTS,
  limitOption,
  spacingOptions,
  trainingOptions,
  type Limit,
  type Prediction,
  type SchedulerConfig,
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
  type Mixture,
} from './variance-preserving.js';

const f32 = Math.fround;

export const ddim: Scheduler = { id: 'ddim', label: 'DDIM', schedule };

interface Plan extends AlphaBars {
  readonly prediction: Prediction;
  readonly limit: Limit;
}

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const plan: Plan = {
    ...(request.schedule === 'karras'
      ? karrasAlphaBars(config, request, training)
      : ownAlphaBars(config, request, training)),
    prediction: training.prediction,
    limit: limitOption(config, true),
  };
  return {
    timesteps: plan.timesteps,
    sigmas: null,
    initNoiseSigma: 1,
    wantsNoise: () => false,
    scaleModelInput: (sample) => sample,
    step: (input) => step(plan, input),
  };
}

function ownAlphaBars(config: SchedulerConfig, { steps }: ScheduleRequest, training: TrainingOptions): AlphaBars {
  const timesteps = Float32Array.from(
    spacedTimesteps(steps, training.trainTimesteps, spacingOptions(config, 'leading')),
    roundHalfEven,
  );
  const bars = alphasCumprod(training);
  if (timesteps[0]! >= bars.length) {
    throw new ModelError('bad-input', `${steps} steps would begin at timestep ${timesteps[0]}, and this model knows 0 to ${bars.length - 1}: choose fewer steps.`); // prettier-ignore
  }
  checkFirstAlphaBar(bars[timesteps[0]!]!, training.prediction);
  // The end of the way: alpha_bar 1 with set_alpha_to_one, else that of timestep 0 (all Stable Diffusion models).
  const final = booleanOption(config, 'set_alpha_to_one', true) ? 1 : bars[0]!;
  // A step goes back by T / steps, which is not always where the next one starts.
  const distance = Math.floor(training.trainTimesteps / steps);
  return {
    timesteps,
    alphaBars: timesteps.map((t) => bars[t]!),
    endAlphaBars: timesteps.map((t) => (t - distance >= 0 ? bars[t - distance]! : final)),
  };
}

function step(plan: Plan, { index, sample, modelOutput }: StepInput): StepResult {
  // 1. predicted x_0 (the first bracket of equation 12), within the range of pictures where the config says so
  const start = mixtureAt(plan.alphaBars[index]!);
  const predictedOriginal = limited(predictedOriginalOf(plan.prediction, sample, modelOutput, start), plan.limit);

  // 2. predicted noise; a limit of x_0 does not change it
  const epsilon = predictedNoise(plan.prediction, sample, modelOutput, start);

  // 3. equation 12: x_t-1 = sqrt(alpha_t-1) x_0 + sqrt(1 - alpha_t-1) epsilon, "direction pointing to x_t"
  const end = mixtureAt(plan.endAlphaBars[index]!);
  const previous = predictedOriginal.map((value, i) => f32(end.signal * value) + f32(end.spread * epsilon[i]!));
  return { previous, predictedOriginal, history: NO_HISTORY };
}

function predictedNoise(
  prediction: Prediction,
  sample: Float32Array,
  modelOutput: Float32Array,
  { signal, spread }: Mixture,
): Float32Array {
  switch (prediction) {
    case 'epsilon':
      return modelOutput;
    case 'sample':
      return sample.map((value, i) => f32(value - f32(signal * modelOutput[i]!)) / spread);
    case 'v_prediction':
      return sample.map((value, i) => f32(signal * modelOutput[i]!) + f32(spread * value));
  }
}
