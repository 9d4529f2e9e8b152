/** A histogram of two series over the same bins. */
export interface Histogram {
  readonly start: number;
  /** Width of a bin. */
  readonly step: number;
  /** Of the first series, and of the other: pictures in each bin. */
  readonly counts: readonly number[];
  readonly others: readonly number[];
}

/** Few pictures in many bins are only gaps. */
const LEAST_BINS = 4;
const WISHED_BINS = 20;
const MOST_BINS = 40;

/** 1, 2, 2.5 or 5 times a power of ten, at least `wish`. */
export function niceStep(wish: number): number {
  const power = 10 ** Math.floor(Math.log10(wish));
  return ([1, 2, 2.5, 5, 10].find((nice) => nice * power >= wish * (1 - 1e-9)) ?? 10) * power;
}

/** Null where there is nothing to count. Bins begin at multiples of their width. */
export function histogramOf(scores: readonly number[], others: readonly number[]): Histogram | null {
  if (scores.length === 0) return null;
  let low = Infinity;
  let high = -Infinity;
  for (const score of [...scores, ...others]) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  const wished = Math.min(WISHED_BINS, Math.max(LEAST_BINS, Math.round(2 * Math.sqrt(scores.length))));
  const step = niceStep(Math.max((high - low) / wished, 1e-3 * Math.max(1, Math.abs(high))));
  const start = Math.floor(low / step) * step;
  const bins = Math.min(MOST_BINS, Math.floor((high - start) / step) + 1);
  const counted = (of: readonly number[]): number[] => {
    const counts = new Array<number>(bins).fill(0);
    for (const score of of) {
      const at = Math.min(bins - 1, Math.max(0, Math.floor((score - start) / step)));
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  };
  return { start, step, counts: counted(scores), others: counted(others) };
}

/** The value below which this share of the scores lies, between neighbours where it falls between. */
export function quantile(scores: readonly number[], share: number): number {
  const sorted = scores.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/** Round marks on an axis from `low` to `high`, about `wished` of them. */
export function ticks(low: number, high: number, wished: number): number[] {
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / wished);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}
