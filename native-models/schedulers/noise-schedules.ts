/**
 * The formulas that samplers share: how much noise belongs to a timestep, and which timesteps a run visits.
 *
 * Sources: Ho, Jain and Abbeel 2020 ("DDPM": beta, alpha, alpha_bar), Nichol and Dhariwal 2021 (cosine betas),
 * Karras et al. 2022 ("EDM": sigma, equation 5), Lin et al. 2023 ("Common diffusion noise schedules": spacings,
 * zero terminal SNR). Reference for rounding and edge cases: diffusers 0.42.1 with numpy 2 and PyTorch 2.13: where
 * they count in float32, so do we (`f32`), elsewhere in float64. PyTorch's vector square root is not always
 * correctly rounded on x86, so sigmas agree to one unit in the last place.
 *
 * Notation: beta_t `betas`, alpha_bar_t `cumulative`, sigma_t `trained`; all [T], index 0 = least noise.
 */
import { ModelError } from '../errors.js';
import type { SpacingOptions, TrainingOptions } from './scheduler-config.js';
import type { ScheduleRequest } from './scheduler.js';

const f32 = Math.fround;

/** alpha_bar_t = (1 - beta_1) ... (1 - beta_t): how much of the picture is left at timestep t, [T]. */
export function alphasCumprod(options: TrainingOptions): Float32Array {
  const cumulative = cumulativeAlphas(betas(options));
  return options.zeroTerminalSnr ? cumulativeAlphas(rescaleToZeroTerminalSnr(cumulative)) : cumulative;
}

function betas(options: TrainingOptions): Float32Array {
  const { trainTimesteps: T, betaStart, betaEnd, trainedBetas } = options;
  if (trainedBetas !== null) return Float32Array.from(trainedBetas);
  switch (options.betaSchedule) {
    case 'linear':
      return linspaceFloat32(betaStart, betaEnd, T);
    case 'scaled_linear':
      return linspaceFloat32(Math.sqrt(betaStart), Math.sqrt(betaEnd), T).map((root) => root * root);
    case 'squaredcos_cap_v2': {
      const alphaBar = (t: number): number => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
      return Float32Array.from({ length: T }, (_, i) => Math.min(1 - alphaBar((i + 1) / T) / alphaBar(i / T), 0.999));
    }
  }
}

function cumulativeAlphas(schedule: Float32Array): Float32Array {
  let product = 1; // float64, as torch.cumprod keeps it
  return schedule.map((beta) => (product *= f32(1 - beta)));
}

/**
 * Lin et al. 2023, algorithm 1: shifts and stretches sqrt(alpha_bar) so that its last value is 0 and its first one
 * stays. Returns betas; the last one is 1.
 */
function rescaleToZeroTerminalSnr(cumulative: Float32Array): Float32Array {
  const roots = cumulative.map(Math.sqrt);
  const first = roots[0]!;
  const last = roots.at(-1)!;
  const stretch = f32(first / f32(first - last));
  const bars = roots.map((root) => f32(f32(root - last) * stretch) ** 2);
  return bars.map((bar, t) => 1 - f32(t === 0 ? bar : bar / bars[t - 1]!));
}

/**
 * alpha_bar for samplers that count in sigmas: with zero terminal SNR the last sigma would be infinite, so the
 * reference puts the smallest half-precision number in place of the 0.
 */
export function alphasCumprodAboveZero(options: TrainingOptions): Float32Array {
  const cumulative = alphasCumprod(options);
  if (options.zeroTerminalSnr) cumulative[cumulative.length - 1] = 2 ** -24;
  return cumulative;
}

/** sigma_t = sqrt((1 - alpha_bar_t) / alpha_bar_t), [T]. */
export function trainingSigmas(cumulative: Float32Array): Float32Array {
  return cumulative.map((bar) => Math.sqrt(f32(f32(1 - bar) / bar)));
}

/** Where a run of sigmas begins and ends; null where the training schedule decides. */
export interface SigmaEnds {
  readonly max: number | null;
  readonly min: number | null;
  /** The sigma after the last step: 0, or the smallest of training. */
  readonly final: 'zero' | 'sigma_min';
}

export const WHOLE_RANGE: SigmaEnds = { max: null, min: null, final: 'zero' };

/**
 * Timesteps and sigmas of a run that counts in sigmas, as diffusers' EulerDiscreteScheduler lays them: the spaced
 * timesteps and their sigmas; for `karras`, sigmas between the first and the last of those, and the fractional
 * timesteps that belong to them.
 */
export function sigmaSchedule(
  { steps, schedule }: ScheduleRequest,
  training: TrainingOptions,
  spacing: SpacingOptions,
  ends: SigmaEnds,
): { readonly timesteps: Float32Array; readonly sigmas: Float32Array } {
  const trained = trainingSigmas(alphasCumprodAboveZero(training));
  const spaced = Float32Array.from(spacedTimesteps(steps, training.trainTimesteps, spacing));
  const spacedSigmas = interpolate(spaced, trained);
  const final = ends.final === 'zero' ? 0 : trained[0]!;
  switch (schedule) {
    case 'normal':
      return { timesteps: spaced, sigmas: Float32Array.of(...spacedSigmas, final) };
    case 'karras': {
      const sigmas = karrasSigmas(ends.max ?? spacedSigmas[0]!, ends.min ?? spacedSigmas.at(-1)!, steps);
      return {
        timesteps: Float32Array.from(sigmas, (sigma) => sigmaToTimestep(sigma, trained)),
        sigmas: Float32Array.of(...sigmas, final),
      };
    }
  }
}

/** Refuses a number of steps that the training schedule does not have. */
export function checkSteps(steps: number, trainTimesteps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new ModelError('bad-input', `${steps} is no number of steps: choose a whole number from 1.`);
  }
  if (steps > trainTimesteps) {
    throw new ModelError(
      'bad-input',
      `${steps} steps are more than the ${trainTimesteps} timesteps this model was trained with: choose fewer.`,
    );
  }
}

/** Timesteps from most to least noise, [steps], by table 2 of Lin et al. 2023; not rounded for `linspace`. */
export function spacedTimesteps(steps: number, trainTimesteps: number, options: SpacingOptions): Float64Array {
  switch (options.spacing) {
    case 'linspace':
      return linspace(0, trainTimesteps - 1, steps).reverse();
    case 'leading':
      return leadingTimesteps(steps, Math.floor(trainTimesteps / steps), options.stepsOffset);
    case 'trailing':
      return trailingTimesteps(trainTimesteps, trainTimesteps / steps);
  }
}

/** 0, distance, 2 distance ... counted from the least noise up, each plus the offset; most noise first. */
export function leadingTimesteps(steps: number, distance: number, offset: number): Float64Array {
  return Float64Array.from({ length: steps }, (_, i) => (steps - 1 - i) * distance + offset);
}

/**
 * from - 1, from - 1 - distance ... down to 0, rounded. Where the division leaves a crumb (61 steps of 1000), the
 * reference goes on to a timestep -1 and spoils the picture; here that one is left out.
 */
export function trailingTimesteps(from: number, distance: number): Float64Array {
  const count = Math.ceil(from / distance);
  return Float64Array.from({ length: count }, (_, i) => roundHalfEven(from - i * distance) - 1).filter((t) => t >= 0);
}

/** Values of a table at fractional places, straight lines between its entries: numpy.interp. Clamped at the ends. */
export function interpolate(places: ArrayLike<number>, table: Float32Array): Float64Array {
  const last = table.length - 1;
  return Float64Array.from(places, (place) => {
    if (place >= last) return table[last]!;
    if (place <= 0) return table[0]!;
    const low = Math.floor(place);
    return (table[low + 1]! - table[low]!) * (place - low) + table[low]!;
  });
}

/** Equation 5 of EDM with rho = 7: sigmas from max down to min, evenly spaced in sigma^(1/7), [steps]. */
export function karrasSigmas(max: number, min: number, steps: number): Float64Array {
  const rho = 7;
  const top = max ** (1 / rho);
  const bottom = min ** (1 / rho);
  return linspace(0, 1, steps).map((ramp) => (top + ramp * (bottom - top)) ** rho);
}

/** The (fractional) timestep whose noise is sigma: straight lines between the logarithms of the training sigmas. */
export function sigmaToTimestep(sigma: number, trained: Float32Array): number {
  const logSigma = Math.log(Math.max(sigma, 1e-10));
  const logAt = (t: number): number => f32(Math.log(trained[t]!));
  // The last training sigma that is not above this one; sigmas rise with t.
  let low = 0;
  let beyond = trained.length - 1;
  while (low + 1 < beyond) {
    const middle = (low + beyond) >> 1;
    if (logAt(middle) <= logSigma) low = middle;
    else beyond = middle;
  }
  const weight = (logAt(low) - logSigma) / f32(logAt(low) - logAt(low + 1));
  const clamped = Math.min(Math.max(weight, 0), 1);
  return (1 - clamped) * low + clamped * (low + 1);
}

/** `count` values from start to stop, both included, in float64: numpy.linspace. */
export function linspace(start: number, stop: number, count: number): Float64Array {
  const step = (stop - start) / (count - 1);
  return Float64Array.from({ length: count }, (_, i) =>
    i > 0 && i === count - 1 ? stop : i === 0 ? start : i * step + start,
  );
}

/** torch.linspace in float32: counts up from the start in the first half and down from the end in the second. */
function linspaceFloat32(start: number, end: number, count: number): Float32Array {
  const [from, to] = [f32(start), f32(end)];
  const step = f32(f32(to - from) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) =>
    i < Math.floor(count / 2) ? from + step * i : to - step * (count - 1 - i),
  );
}

/** As numpy rounds: 0.5 goes to 0, 1.5 to 2. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
