/**
 * DPM-Solver++(2M): Lu, Zhou, Bao, Chen, Li and Zhu 2022, "DPM-Solver++: fast solver for guided sampling of diffusion
 * probabilistic models" (arXiv 2211.01095), algorithm 2, the second order multistep method on data prediction.
 *
 * Reference: diffusers 0.42.1, DPMSolverMultistepScheduler with algorithm_type dpmsolver++ and solver_order 2. The
 * config's own algorithm and order are not asked: they would be other samplers of the command line.
 *
 * Notation:  sample -> x_t_i-1       alpha, sigma -> alpha_t, sigma_t with alpha^2 + sigma^2 = 1
 *            previous -> x_t_i       lambda -> log(alpha / sigma), half the log-SNR
 *            predictedOriginal -> x_theta(x_t_i-1, t_i-1)      h, r -> h_i, r_i
 */
import {
  alphasCumprodAboveZero,
  checkSteps,
  interpolate,
  karrasSigmas,
  leadingTimesteps,
  linspace,
  roundHalfEven,
  sigmaToTimestep,
  trailingTimesteps,
  trainingSigmas,
} from './noise-schedules.js';
import { limited } from './limits.js';
import { ownSchedule } from './own-schedule.js';
import {
  booleanOption,
  choiceOption,
  DDPM_DEFAULTS,
  limitOption,
  numberOption,
  spacingOptions,
  trainingOptions,
  type Limit,
  type Prediction,
  type SchedulerConfig,
  type TrainingOptions,
} from './scheduler-config.js';
import type { Schedule, ScheduleRequest, Scheduler, StepInput, StepResult } from './scheduler.js';
import { predictedOriginalOf } from './variance-preserving.js';

const f32 = Math.fround;

export const dpmSolverMultistep: Scheduler = { id: 'dpmpp_2m', label: 'DPM++ 2M', schedule };

interface Options {
  readonly prediction: Prediction;
  readonly limit: Limit;
  /** How the second order term is weighted: section 4.2 of the paper, or as Heun's method. */
  readonly solverType: 'midpoint' | 'heun';
  /** First order in the last step of runs below 15 steps. */
  readonly lowerOrderFinal: boolean;
  /** First order in the last step, always. */
  readonly eulerAtFinal: boolean;
  /** Where the last step goes: to 0, or to the smallest sigma of training. */
  readonly finalSigma: 'zero' | 'sigma_min';
}

/** solver_type of other samplers' configs (UniPC, DEIS) counts as midpoint, as in diffusers. */
const SOLVER_TYPES = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2'] as const;

function solverOptions(config: SchedulerConfig, training: TrainingOptions): Options {
  return {
    prediction: training.prediction,
    limit: limitOption(config, null),
    solverType: choiceOption(config, 'solver_type', 'midpoint', SOLVER_TYPES) === 'heun' ? 'heun' : 'midpoint',
    lowerOrderFinal: booleanOption(config, 'lower_order_final', true),
    eulerAtFinal: booleanOption(config, 'euler_at_final', false),
    finalSigma: choiceOption(config, 'final_sigmas_type', 'zero', ['zero', 'sigma_min']),
  };
}

function schedule(config: SchedulerConfig, request: ScheduleRequest): Schedule {
  const training = trainingOptions(config, DDPM_DEFAULTS, ['epsilon', 'sample', 'v_prediction']);
  checkSteps(request.steps, training.trainTimesteps);
  const chosen = solverOptions(config, training);
  const trained = trainingSigmas(alphasCumprodAboveZero(training));
  const final = chosen.finalSigma === 'zero' ? 0 : trained[0]!;

  let timesteps: Float64Array;
  let sigmas: Float64Array;
  switch (ownSchedule(config, request.schedule)) {
    case 'normal':
      timesteps = ownTimesteps(config, request.steps, training, trained);
      sigmas = interpolate(timesteps, trained);
      break;
    case 'karras': {
      sigmas = karrasSigmas(trained.at(-1)!, trained[0]!, request.steps);
      timesteps = sigmas.map((sigma) => sigmaToTimestep(sigma, trained));
      if (training.betaSchedule !== 'squaredcos_cap_v2') timesteps = timesteps.map(roundHalfEven);
      break;
    }
  }
  const allSigmas = Float32Array.of(...sigmas, final);
  return {
    timesteps: Float32Array.from(timesteps, Math.trunc),
    sigmas: allSigmas,
    initNoiseSigma: 1,
    wantsNoise: () => false,
    scaleModelInput: (sample) => sample,
    step: (input) => step(allSigmas, chosen, input),
  };
}

/**
 * One timestep more than steps, the last of them left out. `lambda_min_clipped` cuts off the noisiest timesteps,
 * where the log-SNR of cosine betas falls without bound.
 */
function ownTimesteps(
  config: SchedulerConfig,
  steps: number,
  { trainTimesteps }: TrainingOptions,
  trained: Float32Array,
): Float64Array {
  const lowest = numberOption(config, 'lambda_min_clipped', -Infinity);
  const last = trained.filter((sigma) => -Math.log(sigma) >= lowest).length;
  const { spacing, stepsOffset } = spacingOptions(config, 'linspace');
  switch (spacing) {
    case 'linspace':
      return linspace(0, last - 1, steps + 1)
        .map(roundHalfEven)
        .reverse()
        .subarray(0, -1);
    case 'leading':
      return leadingTimesteps(steps + 1, Math.floor(last / (steps + 1)), stepsOffset).subarray(0, -1);
    case 'trailing':
      return trailingTimesteps(last, trainTimesteps / steps);
  }
}

function step(sigmas: Float32Array, solver: Options, input: StepInput): StepResult {
  const { index, sample, modelOutput, history } = input;
  const steps = sigmas.length - 1;
  const start = noiseLevel(sigmas[index]!);
  const end = noiseLevel(sigmas[index + 1]!);

  // 1. x_theta: the picture that the network has in mind
  const mixture = { signal: start.alpha, spread: start.sigma };
  const original = predictedOriginalOf(solver.prediction, sample, modelOutput, mixture);
  const predictedOriginal = limited(original, solver.limit);

  // 2. h_i = lambda_t_i - lambda_t_i-1; infinite where the step ends without noise
  const h = f32(end.lambda - start.lambda);
  const ratio = f32(end.sigma / start.sigma);
  const exponential = f32(f32(Math.exp(-h)) - 1);
  const weight = f32(end.alpha * exponential);

  // 3. the order of this step: the first has nothing to look back on, the last is better off without
  const [last] = history;
  const isLast = index === steps - 1;
  const firstOrder =
    last === undefined ||
    (isLast && (solver.eulerAtFinal || solver.finalSigma === 'zero' || (solver.lowerOrderFinal && steps < 15)));

  const previous = new Float32Array(sample.length);
  if (firstOrder) {
    // 4a. equation 4.1, which is DDIM: x_t_i = sigma_t_i / sigma_t_i-1 x_t_i-1 - alpha_t_i (e^-h - 1) x_theta
    for (let i = 0; i < sample.length; i++) {
      previous[i] = f32(ratio * sample[i]!) - f32(weight * predictedOriginal[i]!);
    }
  } else {
    // 4b. algorithm 2: the same with D_i = x_theta + (x_theta - last x_theta) / (2 r_i), here split in two terms
    const before = noiseLevel(sigmas[index - 1]!);
    const r = f32(f32(start.lambda - before.lambda) / h);
    const inverseR = f32(1 / r);
    const slopeWeight =
      solver.solverType === 'midpoint' ? f32(-0.5 * weight) : f32(end.alpha * f32(f32(exponential / h) + 1));
    for (let i = 0; i < sample.length; i++) {
      const slope = f32(inverseR * f32(predictedOriginal[i]! - last[i]!));
      const first = f32(f32(ratio * sample[i]!) - f32(weight * predictedOriginal[i]!));
      previous[i] = first + f32(slopeWeight * slope);
    }
  }
  return { previous, predictedOriginal, history: [predictedOriginal] };
}

interface NoiseLevel {
  readonly alpha: number;
  readonly sigma: number;
  readonly lambda: number;
}

/** alpha and sigma with alpha^2 + sigma^2 = 1 whose quotient sigma / alpha is the given one. */
function noiseLevel(quotient: number): NoiseLevel {
  const alpha = f32(1 / f32(Math.sqrt(f32(f32(quotient * quotient) + 1))));
  const sigma = f32(quotient * alpha);
  return { alpha, sigma, lambda: f32(f32(Math.log(alpha)) - f32(Math.log(sigma))) };
}
