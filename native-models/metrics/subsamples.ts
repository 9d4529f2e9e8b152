/**
 * How sure a number is, from its values on subsamples without replacement (Politis, Romano and Wolf 1999, "Subsampling"):
 * around the value at N those of m pictures vary by s^2 (1/m - 1/N), where a new set would by s^2 / N. At m = N/2, the half
 * sample, both are the same.
 */
import { NORMAL_975 } from './metric.js';

export const DRAWS = 25;
/** Half of a large set is as dear as the whole; a thousand tell enough. */
const LARGEST_DRAW = 1000;
/** Fewer pictures have no half to speak of. */
export const FEWEST_TO_DRAW = 8;

export const sizeOfDraw = (n: number): number => Math.min(Math.floor(n / 2), LARGEST_DRAW);

/** How the interval was made, in few words. */
export const drawsInWords = (n: number): string =>
  sizeOfDraw(n) === Math.floor(n / 2) ? `half samples, ${DRAWS}` : `subsamples of ${sizeOfDraw(n)}, ${DRAWS}`;

/** Sum of 1/N over that of 1/m - 1/N, for the sets that are drawn from. */
export function varianceRatio(counts: readonly number[]): number {
  const whole = counts.reduce((sum, n) => sum + 1 / n, 0);
  return whole / counts.reduce((sum, n) => sum + 1 / sizeOfDraw(n) - 1 / n, 0);
}

export interface Subsampled {
  /** Half the width of the interval of 95 %. */
  readonly half: number;
  /** The value less its bias, where that is proportional to 1/N. */
  readonly corrected: number;
}

/** @param value at N @param draws the values of the subsamples */
export function subsampled(value: number, draws: readonly number[], ratio: number): Subsampled {
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / (draws.length - 1);
  return { corrected: value - (mean - value) * ratio, half: NORMAL_975 * Math.sqrt(variance * ratio) };
}
