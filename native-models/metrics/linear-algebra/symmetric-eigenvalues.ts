/**
 * Eigenvalues of a real symmetric matrix, without vectors: dense to band (`dense-to-band.ts`), band to tridiagonal
 * (`band-to-tridiagonal.ts`), and these by QL. Each is wrong by at most some 1e-16 of the largest one.
 */
import type { MatrixProducts } from '../../runtime/matrix-products.js';
import type { Pace } from '../pace.js';
import { bandToTridiagonal } from './band-to-tridiagonal.js';
import { denseToBand } from './dense-to-band.js';
import { tridiagonalEigenvalues } from './tridiagonal-eigenvalues.js';

/** Wider bands make better products and more chasing; between 16 and 48 it matters little. */
const BAND_WIDTH = 32;

/**
 * @param matrix [n, n], finite; the lower half counts
 * @returns [n], in no order
 */
export async function symmetricEigenvalues(
  matrix: Float64Array,
  products: MatrixProducts,
  pace: Pace,
): Promise<Float64Array> {
  const size = Math.sqrt(matrix.length);
  let scale = 0;
  for (let i = 0; i < matrix.length; i++) scale = Math.max(scale, Math.abs(matrix[i]!));
  if (!Number.isFinite(scale)) throw new RangeError('a matrix of finite numbers has eigenvalues, this one is not');
  if (scale === 0) return new Float64Array(size);
  // Squares of elements must neither overflow nor vanish: to the order of 1, by a power of two, which rounds nothing.
  const power = 2 ** Math.round(Math.log2(scale));
  const scaled = power === 1 ? matrix : matrix.map((value) => value / power);
  const width = Math.min(BAND_WIDTH, Math.max(1, size - 1));
  const band = await denseToBand(scaled, size, width, products, pace);
  const { diagonal, beside } = await bandToTridiagonal(band, pace);
  await tridiagonalEigenvalues(diagonal, beside, pace);
  return diagonal.map((value) => value * power);
}
