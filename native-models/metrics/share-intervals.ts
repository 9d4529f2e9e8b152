/** A share, how sure it is, and how it differs from another run's: what metrics of neighbourhoods have in common. */
import { DRAWS, type Reached } from './fake-draws.js';
import { difference, NORMAL_975, type Counts, type Difference, type Measured } from './metric.js';
import { wilsonInterval } from './wilson.js';

export function deviationOf(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1));
}

/** Of the reference pictures that some generated one reaches: the deviation over draws of generated pictures. */
export function reachedShare(reached: Reached, n: Counts): Measured {
  const value = reached.share;
  const half = NORMAL_975 * deviationOf(reached.sharesOfDraws);
  const [{ low, high }, interval] =
    half === 0
      ? [wilsonInterval(value, n[1] ?? 1), 'Wilson, radii fixed'] // all or none, in every draw
      : [{ low: Math.max(0, value - half), high: Math.min(1, value + half) }, `bootstrap, ${DRAWS}, radii fixed`];
  return { value, reason: null, low, high, interval, n, bias: null, details: {} };
}

/** Both runs were drawn by the same numbers. */
export function reachedDifference(own: Reached, other: Reached): Difference {
  const [mine, theirs] = [own.sharesOfDraws, other.sharesOfDraws];
  return around(own.share - other.share, deviationOf(mine.map((share, draw) => share - theirs[draw]!)));
}

/** Picture by picture: both runs' pictures of one number belong together. */
export function meanDifference(own: ArrayLike<number>, other: ArrayLike<number>): Difference {
  const gaps = Array.from(own, (value, i) => value - other[i]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return around(mean, deviationOf(gaps) / Math.sqrt(gaps.length));
}

function around(value: number, error: number): Difference {
  return difference(value, value - NORMAL_975 * error, value + NORMAL_975 * error);
}
