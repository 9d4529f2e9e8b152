/** Mean and covariance of features, in one pass over blocks of rows. */
import { ModelError } from '../errors.js';
import type { MatrixProducts } from '../runtime/matrix-products.js';
import type { FeatureSet } from './feature-set.js';
import type { Pace } from './pace.js';

/** What pytorch-fid's `.npz` holds: all that the Frechet distance knows of a set. */
export interface Moments {
  /** [D] */
  readonly mu: Float64Array;
  /** [D, D], divided by N - 1. */
  readonly sigma: Float64Array;
}

/** Rows of a block: some megabytes, and products of a tenth of a second. */
const BLOCK = 512;

/** The mean [D]. Throws `bad-file` where a feature is not a number. */
export async function meanOf(set: FeatureSet, pace: Pace): Promise<Float64Array> {
  const { rows, columns } = set;
  const sums = new Float64Array(columns);
  for (let from = 0; from < rows; from += BLOCK) {
    const block = await set.block(from, Math.min(rows, from + BLOCK));
    for (let start = 0; start < block.length; start += columns) {
      for (let j = 0; j < columns; j++) sums[j]! += block[start + j]!;
    }
    await pace.rest();
  }
  for (let j = 0; j < columns; j++) sums[j]! /= rows;
  if (!sums.every(Number.isFinite)) {
    throw new ModelError(
      'bad-file',
      'Features hold numbers that are not finite: make them again with another network.',
    );
  }
  return sums;
}

export async function momentsOf(
  set: FeatureSet,
  products: MatrixProducts,
  pace: Pace,
  onProgress: (part: number) => void = () => undefined,
): Promise<Moments> {
  const { rows, columns } = set;
  const mu = await meanOf(set, pace);
  const sigma = new Float64Array(columns * columns);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    const block = await set.block(from, to, mu);
    const part = await products.transposedTimes(block, block, to - from);
    for (let i = 0; i < sigma.length; i++) sigma[i]! += part[i]!;
    onProgress(to / rows);
    await pace.rest();
  }
  for (let i = 0; i < sigma.length; i++) sigma[i]! /= rows - 1;
  return { mu, sigma };
}
