/**
 * The Frechet distance between two Gaussians (Dowson and Landau 1982; Heusel and others 2017 as FID):
 *
 *   d^2 = |mu1 - mu2|^2 + tr S1 + tr S2 - 2 T,  T = tr (S1 S2)^(1/2)
 *
 * pytorch-fid 0.3.0 takes a matrix square root of S1 S2, torch-fidelity 0.4 its eigenvalues; both are of D x D. With
 * S1 = A^T A and S2 = B^T B the spectrum of S1 S2 is that of (A B^T)(A B^T)^T, so T is the sum of the singular values of
 * A B^T, of any rank and with no complex root. A and B are the centred features themselves where there are fewer
 * pictures than dimensions, else Cholesky factors. The three ways agree to 1e-13 where S1 and S2 have full rank; where not,
 * a square root of rounding enters the tools' own in the 8th digit.
 */
import type { MatrixProducts } from '../runtime/matrix-products.js';
import { pivotedCholesky } from './linear-algebra/pivoted-cholesky.js';
import { symmetricEigenvalues } from './linear-algebra/symmetric-eigenvalues.js';
import type { Moments } from './moments.js';
import type { Pace } from './pace.js';

/** Some rows of features less their mean. */
export interface CentredRows {
  /** [N, D] */
  readonly rows: Float64Array;
  readonly count: number;
  /** [D] */
  readonly mean: Float64Array;
}

/** Takes the rows over. */
export function centred(rows: Float64Array, columns: number): CentredRows {
  const count = rows.length / columns;
  const mean = new Float64Array(columns);
  for (let start = 0; start < rows.length; start += columns) {
    for (let j = 0; j < columns; j++) mean[j]! += rows[start + j]!;
  }
  for (let j = 0; j < columns; j++) mean[j]! /= count;
  for (let start = 0; start < rows.length; start += columns) {
    for (let j = 0; j < columns; j++) rows[start + j]! -= mean[j]!;
  }
  return { rows, count, mean };
}

/** Both sets as features, at least two rows each. */
export async function frechetOfRows(
  a: CentredRows,
  b: CentredRows,
  products: MatrixProducts,
  pace: Pace,
): Promise<number> {
  const columns = a.mean.length;
  const [few, many] = a.count <= b.count ? [a, b] : [b, a];
  if (few.count > columns) {
    return frechetOfMoments(await momentsOfRows(a, products), await momentsOfRows(b, products), products, pace);
  }
  const scale = 1 / Math.sqrt((a.count - 1) * (b.count - 1));
  const cross = await products.timesTransposed(few.rows, many.rows, columns);
  const overlap = scale * (await nuclearNorm(cross, few.count, products, pace));
  return squaredDistance(a.mean, b.mean) + varianceOf(a) + varianceOf(b) - 2 * overlap;
}

/** One set as features, the other one as mean and covariance. */
export async function frechetOfRowsAndMoments(
  a: CentredRows,
  b: Moments,
  products: MatrixProducts,
  pace: Pace,
): Promise<number> {
  const columns = a.mean.length;
  if (a.count > columns) return frechetOfMoments(await momentsOfRows(a, products), b, products, pace);
  // T^2's eigenvalues are those of A S A^T, for A = rows / sqrt(N - 1).
  const turned = await products.times(a.rows, b.sigma, columns);
  const product = await products.timesTransposed(turned, a.rows, columns);
  const roots = rootsOf(await symmetricEigenvalues(product, products, pace));
  const overlap = roots / Math.sqrt(a.count - 1);
  return squaredDistance(a.mean, b.mu) + varianceOf(a) + trace(b.sigma) - 2 * overlap;
}

/** Both sets as mean and covariance. */
export async function frechetOfMoments(a: Moments, b: Moments, products: MatrixProducts, pace: Pace): Promise<number> {
  const size = a.mu.length;
  const apart = squaredDistance(a.mu, b.mu);
  if (a.sigma.every((value, i) => value === b.sigma[i])) return apart; // T = tr S, with nothing to round
  const first = await pivotedCholesky(a.sigma, size, products, pace);
  const second = await pivotedCholesky(b.sigma, size, products, pace);
  const [few, many] = first.rank <= second.rank ? [first, second] : [second, first];
  let overlap = 0;
  if (few.rank > 0) {
    const cross = await products.transposedTimes(few.l, many.l, size); // [rank, rank']
    overlap = await nuclearNorm(cross, few.rank, products, pace);
  }
  return apart + trace(a.sigma) + trace(b.sigma) - 2 * overlap;
}

async function momentsOfRows({ rows, count, mean }: CentredRows, products: MatrixProducts): Promise<Moments> {
  const squares = await products.transposedTimes(rows, rows, count);
  return { mu: mean, sigma: squares.map((value) => value / (count - 1)) };
}

/** Up to so many rows and columns together, singular values are found without squaring them. */
const EXACT_SIDE = 768;

/**
 * Sum of the singular values of a matrix [rows, M], rows <= M.
 *
 * Small ones: half the sum of |eigenvalues| of [[0, G], [G^T, 0]], exact to the last bits for any rank. Large ones: roots
 * of the eigenvalues of G G^T, eight times less work; a root of rounding, up to 1e-8 of the largest, is what is left of a
 * singular value that is 0.
 */
async function nuclearNorm(matrix: Float64Array, rows: number, products: MatrixProducts, pace: Pace): Promise<number> {
  const columns = matrix.length / rows;
  if (rows + columns > EXACT_SIDE) {
    const gram = await products.timesTransposed(matrix, matrix, columns);
    return rootsOf(await symmetricEigenvalues(gram, products, pace));
  }
  const side = rows + columns;
  const doubled = new Float64Array(side * side);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      doubled[i * side + rows + j] = doubled[(rows + j) * side + i] = matrix[i * columns + j]!;
    }
  }
  const values = await symmetricEigenvalues(doubled, products, pace);
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / 2;
}

/** Sum of roots. What rounding put below 0, or above it by as much, is 0. */
function rootsOf(eigenvalues: Float64Array): number {
  let most = 0;
  for (const value of eigenvalues) most = Math.max(most, value);
  const rounding = 4 * Number.EPSILON * most;
  let sum = 0;
  for (const value of eigenvalues) if (value > rounding) sum += Math.sqrt(value);
  return sum;
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/** Trace of the covariance. */
function varianceOf({ rows, count }: CentredRows): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += rows[i]! * rows[i]!;
  return sum / (count - 1);
}

function trace(matrix: Float64Array): number {
  const side = Math.sqrt(matrix.length);
  let sum = 0;
  for (let i = 0; i < side; i++) sum += matrix[i * side + i]!;
  return sum;
}
