/**
 * Ancestral sampling with Euler steps: each step goes down a little further than asked, and fresh noise lifts the
 * sample up again. Song et al. 2021, "Score-based generative modeling through SDEs" (ancestral sampling, appendix F),
 * in the sigmas of Karras et al. 2022.
 *
 * Reference: diffusers 0.42.1, EulerAncestralDiscreteScheduler (the sampler of k-diffusion that A1111 calls Euler a).
 * Under `karras`, which that class does not have: the sigmas that EulerDiscreteScheduler lays with
 * `use_karras_sigmas`. Noise is drawn in every step; in the last one it counts for nothing, but drawing it keeps the
 * generator where the reference has it.
 *
 * Notation:  sample -> x_i      predictedOriginal -> D(x_i; sigma_i)      up, down -> sigma_up, sigma_down
 *            previous -> x_i+1  derivative -> d_i                         noise -> z
 */
import { checkSteps, sigmaSchedule, WHOLE_RANGE } from './noise-schedules.js';
import { denoised, initNoiseSigma, toUnitVariance } from './preconditioning.js';
import {
  DDPM_DEFAULTS,
  spacingOptions,
  trainingOptions,
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

export const eulerAncestral: Scheduler = { id: 'euler_a', label: 'Euler a', schedule };

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const spacing = spacingOptions(config, 'linspace');
  const { timesteps, sigmas } = sigmaSchedule(request, training, spacing, WHOLE_RANGE);
  return {
    timesteps,
    sigmas,
    initNoiseSigma: initNoiseSigma(sigmas, spacing.spacing === 'leading'),
    wantsNoise: () => true,
    scaleModelInput: (sample, index) => toUnitVariance(sample, sigmas[index]!),
    step: (input) => step(sigmas, training.prediction, input),
  };
}

function step(sigmas: Float32Array, prediction: Prediction, input: StepInput): StepResult {
  const { index, sample, modelOutput, noise } = input;
  if (noise === undefined) throw new TypeError('euler_a wants noise in every step');
  const from = sigmas[index]!;
  const to = sigmas[index + 1]!;

  // 1. D(x_i; sigma_i)
  const predictedOriginal = denoised(prediction, sample, modelOutput, from);

  // 2. sigma_to^2 = sigma_down^2 + sigma_up^2, with sigma_up^2 = sigma_to^2 (sigma_from^2 - sigma_to^2) / sigma_from^2
  const [from2, to2] = [f32(from * from), f32(to * to)];
  const up = f32(Math.sqrt(f32(f32(to2 * f32(from2 - to2)) / from2)));
  const down = f32(Math.sqrt(f32(to2 - f32(up * up))));

  // 3. d_i = (x_i - D) / sigma_i    4. x_i+1 = x_i + (sigma_down - sigma_i) d_i + sigma_up z
  const distance = f32(down - from);
  const previous = new Float32Array(sample.length);
  for (let i = 0; i < sample.length; i++) {
    const derivative = f32(f32(sample[i]! - predictedOriginal[i]!) / from);
    previous[i] = f32(sample[i]! + f32(derivative * distance)) + f32(noise[i]! * up);
  }
  return { previous, predictedOriginal, history: NO_HISTORY };
}
