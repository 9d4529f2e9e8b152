/**
 * Euler's method on the probability flow: Karras, Aittala, Aila and Laine 2022, "Elucidating the design space of
 * diffusion-based generative models" (arXiv 2206.00364), algorithm 2 with S_churn = 0 and no correction.
 *
 * Reference: diffusers 0.42.1, EulerDiscreteScheduler.
 *
 * Notation:  sample -> x_i, the picture plus sigma times noise       sigmas -> t_i (the paper has sigma(t) = t)
 *            predictedOriginal -> D(x_i; t_i)                        derivative -> d_i
 *            previous -> x_i+1
 */
import { checkSteps, sigmaSchedule, type SigmaEnds } from './noise-schedules.js';
import { denoised, initNoiseSigma, toUnitVariance } from './preconditioning.js';
import {
  choiceOption,
  DDPM_DEFAULTS,
  numberOption,
  spacingOptions,
  trainingOptions,
  type Prediction,
  type SchedulerConfig,
} from './scheduler-config.js';
import { ownSchedule } from './own-schedule.js';
import {
  NO_HISTORY,
  type Schedule,
  type ScheduleRequest,
  type Scheduler,
  type StepInput,
  type StepResult,
} from './scheduler.js';

const f32 = Math.fround;

export const euler: Scheduler = { id: 'euler', label: 'Euler', schedule };

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  // Video and EDM models set these otherwise; no Stable Diffusion model does.
  choiceOption(config, 'interpolation_type', 'linear', ['linear']);
  choiceOption(config, 'timestep_type', 'discrete', ['discrete']);
  const spacing = spacingOptions(config, 'linspace');
  const asked = { steps: request.steps, schedule: ownSchedule(config, request.schedule) };
  const { timesteps, sigmas } = sigmaSchedule(asked, training, spacing, sigmaEnds(config));
  return {
    timesteps,
    sigmas,
    initNoiseSigma: initNoiseSigma(sigmas, spacing.spacing === 'leading'),
    wantsNoise: () => false,
    scaleModelInput: (sample, index) => toUnitVariance(sample, sigmas[index]!),
    step: (input) => step(sigmas, training.prediction, input),
  };
}

/** `sigma_max` and `sigma_min` end the Karras sigmas; null, as in all Stable Diffusion models, takes the run's own. */
function sigmaEnds(config: SchedulerConfig): SigmaEnds {
  const end = (name: string): number | null => ((config[name] ?? null) === null ? null : numberOption(config, name, 0));
  return {
    max: end('sigma_max'),
    min: end('sigma_min'),
    final: choiceOption(config, 'final_sigmas_type', 'zero', ['zero', 'sigma_min']),
  };
}

function step(sigmas: Float32Array, prediction: Prediction, { index, sample, modelOutput }: StepInput): StepResult {
  const sigma = sigmas[index]!;

  // 1. D(x_i; t_i), equation 7
  const predictedOriginal = denoised(prediction, sample, modelOutput, sigma);

  // 2. d_i = (x_i - D) / t_i    3. x_i+1 = x_i + (t_i+1 - t_i) d_i
  const distance = f32(sigmas[index + 1]! - sigma);
  const previous = new Float32Array(sample.length);
  for (let i = 0; i < sample.length; i++) {
    const derivative = f32(f32(sample[i]! - predictedOriginal[i]!) / sigma);
    previous[i] = sample[i]! + f32(derivative * distance);
  }
  return { previous, predictedOriginal, history: NO_HISTORY };
}
