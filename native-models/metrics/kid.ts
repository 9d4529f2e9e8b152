/**
 * Kernel Inception Distance: Binkowski, Sutherland, Arbel and Gretton 2018, "Demystifying MMD GANs"; section 4 defines it,
 * Gretton and others 2012, "A kernel two-sample test", lemma 6 the estimator:
 *
 *   KID = 1/(n(n-1)) sum_{i != j} k(x_i, x_j) + 1/(m(m-1)) sum_{i != j} k(y_i, y_j) - 2/(nm) sum_{ij} k(x_i, y_j)
 *
 * with k(x, y) = (x . y / D + 1)^3, over all pairs of both sets in float64. It is unbiased at every n and m, so small sets
 * read neither too high nor too low, only less surely; values below 0 are right. torch-fidelity 0.4, clean-fid and
 * torchmetrics 1.9 average the same formula over random subsets of 1000; mode torch-fidelity gives its mean too.
 *
 * Interval: leaving each picture out in turn (jackknife), from the kernel's sums by rows; section 3.2 of Binkowski and
 * others estimates the same variance.
 */
import type { FeatureSet } from './feature-set.js';
import { kidSubsets, SUBSET_SIZE, type Subsets } from './kid-subsets.js';
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
import type { Rows } from './pair-tiles.js';
import { sumsBetween, sumsWithin, type SumsBetween, type SumsWithin } from './polynomial-kernel.js';
import type { RandomState } from './random-state.js';

/** Leaving one out must leave two. */
const FEWEST = 3;

/**
 * Pairs up to which all are summed: two sets of 10,000, about a minute on two cores at 2048 features. Beyond, both sets
 * are shuffled and cut into disjoint blocks, and the mean of the blocks' values is given: unbiased as well, wider by
 * little, and linear in the number of pictures (Zaremba, Gretton and Blaschko 2013, "B-tests").
 */
const MOST_PAIRS = 4e8;

export const kid: SetsMetric = {
  needs: 'sets',
  gives: [
    {
      id: 'kid',
      label: 'KID',
      hint: '× 1000',
      better: 'lower',
      needs: 'sets',
      shownTimes: 1000,
      floor: 100,
      captionPrefix: '',
      byDefault: true,
      paper: 'Bińkowski and others 2018',
    },
  ],
  async measure(sets, work) {
    const { measured, apart } = await measure(sets, work);
    return { measured: { kid: measured }, differences: apart === null ? {} : { kid: apart } } satisfies Results;
  },
};

async function measure(sets: Sets, work: Work): Promise<{ measured: Measured; apart: Difference | null }> {
  const n = countsOf(sets);
  const { generated, reference, against } = sets;
  const nothing = (reason: string) => ({ measured: unmeasured(n, reason), apart: null });
  if (reference.kind === 'statistics')
    return nothing('KID needs the reference pictures; statistics are for FID alone.');
  const fewest = Math.min(generated.rows, reference.set.rows);
  if (fewest < FEWEST) return nothing(`KID needs ${FEWEST} pictures a side, one has ${fewest}.`);

  const compared = against !== null && against.rows === generated.rows ? against : null;
  const blocks = blocksOf(generated.rows, reference.set.rows, work.random());
  const subsets =
    work.mode === 'torch-fidelity' && fewest >= SUBSET_SIZE && blocks.length === 1
      ? kidSubsets(generated.rows, reference.set.rows, work.products)
      : null;
  const own: Jackknifed[] = [];
  const apart: Jackknifed[] = [];
  for (const [place, block] of blocks.entries()) {
    const y = { set: reference.set, indices: block.reference };
    const yy = await sumsWithin(y, work, subsets?.withinReference);
    work.progress((place + 1 / 3) / blocks.length);
    const x = await sumsOf(generated, block.generated, y, work, subsets);
    own.push(jackknifed([{ ...x, yy, sign: 1 }]));
    if (compared !== null) {
      work.progress((place + 2 / 3) / blocks.length);
      const other = await sumsOf(compared, block.generated, y, work, null);
      apart.push(
        jackknifed([
          { ...x, yy, sign: 1 },
          { ...other, yy, sign: -1 },
        ]),
      );
    }
    work.progress((place + 1) / blocks.length);
  }
  const mine = meanOfBlocks(own);
  const interval = blocks.length === 1 ? 'jackknife' : `jackknife, ${blocks.length} blocks`;
  const measured = { ...mine, reason: null, interval, n, bias: null, details: subsets?.result() ?? {} };
  if (compared === null) return { measured, apart: null };
  const { value, low, high } = meanOfBlocks(apart);
  return { measured, apart: difference(value, low, high) };
}

interface Block {
  readonly generated: Uint32Array;
  readonly reference: Uint32Array;
}

function blocksOf(n: number, m: number, random: RandomState): Block[] {
  const count = Math.min(Math.ceil((n + m) ** 2 / MOST_PAIRS), Math.floor(Math.min(n, m) / FEWEST));
  if (count <= 1) return [{ generated: inOrder(n), reference: inOrder(m) }];
  const [generated, reference] = [random.permutation(n), random.permutation(m)];
  // Blocks are of one size, so that their mean weighs every pair alike; fewer pictures than blocks are left out.
  return Array.from({ length: count }, (_, block) => ({
    generated: part(generated, block, count),
    reference: part(reference, block, count),
  }));
}

const inOrder = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i);

function part(order: Uint32Array, block: number, count: number): Uint32Array {
  const size = Math.floor(order.length / count);
  return order.subarray(block * size, (block + 1) * size);
}

async function sumsOf(
  set: FeatureSet,
  indices: Uint32Array,
  y: Rows,
  work: Work,
  subsets: Subsets | null,
): Promise<{ xx: SumsWithin; xy: SumsBetween }> {
  const x = { set, indices };
  const xx = await sumsWithin(x, work, subsets?.withinGenerated);
  return { xx, xy: await sumsBetween(x, y, work, subsets?.between) };
}

interface Term {
  readonly xx: SumsWithin;
  readonly yy: SumsWithin;
  readonly xy: SumsBetween;
  /** Two terms of opposite signs and with the same reference: the difference of two KIDs, picture by picture. */
  readonly sign: 1 | -1;
}

interface Jackknifed {
  readonly value: number;
  readonly variance: number;
}

function jackknifed(terms: readonly Term[]): Jackknifed {
  const total = (of: (term: Term) => number): number => terms.reduce((sum, term) => sum + term.sign * of(term), 0);
  const [n, m] = [terms[0]!.xx.rows.length, terms[0]!.yy.rows.length];
  const value = total((term) => estimate(term.xx.total, term.yy.total, term.xy.total, n, m));
  const withoutX = Float64Array.from({ length: n }, (_, i) =>
    total(({ xx, yy, xy }) => estimate(xx.total - 2 * xx.rows[i]!, yy.total, xy.total - xy.rows[i]!, n - 1, m)),
  );
  const withoutY = Float64Array.from({ length: m }, (_, j) =>
    total(({ xx, yy, xy }) => estimate(xx.total, yy.total - 2 * yy.rows[j]!, xy.total - xy.columns[j]!, n, m - 1)),
  );
  return { value, variance: jackknifeVariance(withoutX) + jackknifeVariance(withoutY) };
}

const estimate = (xx: number, yy: number, xy: number, n: number, m: number): number =>
  xx / (n * (n - 1)) + yy / (m * (m - 1)) - (2 * xy) / (n * m);

function jackknifeVariance(without: Float64Array): number {
  const n = without.length;
  const mean = without.reduce((sum, value) => sum + value, 0) / n;
  return ((n - 1) / n) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

function meanOfBlocks(blocks: readonly Jackknifed[]): { value: number; low: number; high: number } {
  const count = blocks.length;
  const value = blocks.reduce((sum, block) => sum + block.value, 0) / count;
  const variance = blocks.reduce((sum, block) => sum + block.variance, 0) / count ** 2;
  const half = NORMAL_975 * Math.sqrt(variance);
  return { value, low: value - half, high: value + half };
}
