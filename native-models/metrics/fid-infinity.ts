/**
 * FID-infinity: Chong and Forsyth 2020, "Effectively unbiased FID and Inception Score and where to find them". FID at N
 * generated pictures reads too high by an amount that goes with 1/N; it is measured at 15 sizes, each a random subset of the
 * generated pictures against the whole reference, and the least squares line
 *
 *   FID_N = FID_inf + slope / N
 *
 * is followed to 1/N = 0. Sizes are dgm-eval's, linspace(min(5000, max(N / 10, 2)), N) cut to whole numbers; from 50,000
 * pictures on these are the paper's. Given the same subsets, the value is that of dgm-eval's code in float64 to 6 digits. The
 * authors' code scales pictures to 64 x 64 first; here they are prepared as for FID. What the reference's own number of
 * pictures adds is not taken off: `bias` says how much that is.
 *
 * FID is a line in 1/N only where the smallest set has clearly more pictures than there are dimensions. In simulations of
 * Gaussians of 128 dimensions against themselves, in parts of plain FID: right to 0.03 at N = 24 D, where the smallest set has
 * 2.4 D; 0.1 too low at 20 D, 0.3 at 10 D, 0.5 at 5 D; as high as plain FID at D. The paper's 50,000 pictures of 2048 features
 * are 24 D: that is the floor, and interval, bias and difference are told only where the smallest set has 2.4 D.
 *
 * Interval: two kinds of chance, added as variances. That of the pictures themselves is FID's own (`fid-interval.ts`),
 * since to first order all points move with it alike. That of the subsets drawn from them is what the points scatter by around
 * the line. The line's usual standard error would tell of the second alone, and of it wrongly: a subset of n varies by
 * s^2 (1/n - 1/N), the whole set not at all.
 */
import type { FeatureSet } from './feature-set.js';
import { fidInterval } from './fid-interval.js';
import { frechetBiasFactor, pooledSpectrum } from './frechet-bias.js';
import { FrechetSide } from './frechet-side.js';
import {
  countsOf,
  difference,
  NORMAL_975,
  unmeasured,
  type Difference,
  type Measured,
  type Results,
  type Sets,
  type SetsMetric,
  type Work,
} from './metric.js';

const POINTS = 15;
/** 2, 3 ... 16 pictures: with fewer, some of the sizes would be the same. */
const FEWEST = POINTS + 1;
/** So many times as many pictures as dimensions has the smallest set where FID is taken to be a line: 5000 of 2048. */
const LINE_FROM = 2.4;

export const fidInfinity: SetsMetric = {
  needs: 'sets',
  gives: [
    {
      id: 'fid_infinity',
      label: 'FID∞',
      hint: 'extrapolated',
      better: 'lower',
      needs: 'sets',
      shownTimes: 1,
      floor: 50_000,
      captionPrefix: '',
      byDefault: false,
      paper: 'Chong and Forsyth 2020',
    },
  ],
  async measure(sets, work) {
    const { measured, apart } = await measure(sets, work);
    return {
      measured: { fid_infinity: measured },
      differences: apart === null ? {} : { fid_infinity: apart },
    } satisfies Results;
  },
};

async function measure(sets: Sets, work: Work): Promise<{ measured: Measured; apart: Difference | null }> {
  const n = countsOf(sets);
  const { generated, reference, against } = sets;
  const nothing = (reason: string) => ({ measured: unmeasured(n, reason), apart: null });
  if (generated.rows < FEWEST) {
    return nothing(
      `FID∞ is a line through ${POINTS} sizes of sets: it needs ${FEWEST} pictures, not ${generated.rows}.`,
    );
  }
  if (reference.kind === 'features' && reference.set.rows < 2) {
    return nothing('FID∞ needs two reference pictures: one alone has no spread.');
  }
  const sizes = sizesOf(generated.rows);
  const isLine = sizes[0]! >= LINE_FROM * generated.columns;
  const compared = isLine && work.intervals && against?.rows === generated.rows ? against : null;
  const theirs = new FrechetSide(reference, work);
  const random = work.random();
  const own: number[] = [];
  const others: number[] = [];
  for (const [point, size] of sizes.entries()) {
    // In their own order they are read faster.
    const indices = random.choice(generated.rows, size).sort();
    const distance = (set: FeatureSet): Promise<number> =>
      new FrechetSide(set.subset(indices), work).distanceTo(theirs, set.columns);
    own.push(await distance(generated));
    if (compared !== null) others.push(await distance(compared));
    work.progress((0.4 * (point + 1)) / POINTS);
  }

  const line = lineThrough(sizes, own);
  const value = line.intercept;
  const details = { slope: line.slope, deviation: line.deviation };
  const measured = { value, reason: null, low: null, high: null, interval: null, n, bias: null, details };
  if (!isLine) return { measured, apart: null };
  const bias = await biasOfReference(sets, theirs, work);
  if (!work.intervals) return { measured: { ...measured, bias }, apart: null };

  const sampled = await fidInterval(
    sets,
    own.at(-1)!,
    compared === null ? null : { set: compared, value: others.at(-1)! },
    { ...work, random: () => random, progress: (part) => work.progress(0.5 + 0.5 * part) },
  );
  if (sampled === null) return { measured: { ...measured, bias }, apart: null };
  const half = together(sampled.half, line);
  const interval = `${sampled.how}, and the line’s`;
  return {
    measured: { ...measured, low: Math.max(value - half, Math.min(value, 0)), high: value + half, interval, bias },
    apart: sampled.difference && differenceOf(sizes, own, others, sampled.difference),
  };
}

/** numpy's linspace, cut to whole numbers. */
function sizesOf(n: number): number[] {
  const smallest = Math.min(5000, Math.max(Math.floor(n / 10), 2));
  const step = (n - smallest) / (POINTS - 1);
  return Array.from({ length: POINTS }, (_, i) => (i === POINTS - 1 ? n : Math.floor(smallest + i * step)));
}

interface Line {
  readonly intercept: number;
  readonly slope: number;
  /** Of the intercept, by the choice of the subsets alone. */
  readonly deviation: number;
}

/** Least squares on 1/N, every point with the same weight, as the paper has it. */
function lineThrough(sizes: readonly number[], values: readonly number[]): Line {
  const sum = (of: (i: number) => number): number => values.reduce((total, _, i) => total + of(i), 0);
  const count = values.length;
  const whole = sizes.at(-1)!;
  const centre = sum((i) => 1 / sizes[i]!) / count;
  const offset = sizes.map((size) => 1 / size - centre);
  const spread = sum((i) => offset[i]! ** 2);
  const slope = sum((i) => offset[i]! * values[i]!) / spread;
  const mean = sum((i) => values[i]!) / count;
  // The intercept is the sum of weight x value. A point varies by s^2 v and leaves s^2 v (1 - leverage) around the line.
  const v = (i: number): number => 1 / sizes[i]! - 1 / whole;
  const weight = (i: number): number => 1 / count - (centre * offset[i]!) / spread;
  const leverage = (i: number): number => 1 / count + offset[i]! ** 2 / spread;
  const left = sum((i) => (values[i]! - mean - slope * offset[i]!) ** 2);
  const variance = (left / sum((i) => v(i) * (1 - leverage(i)))) * sum((i) => weight(i) ** 2 * v(i));
  return { intercept: mean - slope * centre, slope, deviation: Math.sqrt(variance) };
}

/** Half widths of the interval of both kinds of chance. */
const together = (half: number, { deviation }: Line): number => Math.hypot(half, NORMAL_975 * deviation);

/** Both runs' subsets are of the same numbers, so the gaps are points of a line of their own. */
function differenceOf(sizes: readonly number[], own: number[], others: number[], sampled: Difference): Difference {
  const line = lineThrough(
    sizes,
    own.map((value, i) => value - others[i]!),
  );
  const half = together((sampled.high - sampled.low) / 2, line);
  return difference(line.intercept, line.intercept - half, line.intercept + half);
}

/** FID's bias by the reference's number of pictures; null where that is not known. */
async function biasOfReference(sets: Sets, theirs: FrechetSide, work: Work): Promise<number | null> {
  const [, count] = countsOf(sets);
  if (count === null) return null;
  const mine = new FrechetSide(sets.generated, work);
  const spectrum = await pooledSpectrum(mine, theirs, sets.generated.columns, work.products, work.pace);
  return frechetBiasFactor(spectrum) / count;
}
