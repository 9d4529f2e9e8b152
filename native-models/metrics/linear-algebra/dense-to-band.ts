/**
 * From a dense symmetric matrix to a band matrix with the same eigenvalues: Bischof, Lang and Sun 2000, "A framework for
 * symmetric band reduction". b columns at a time are brought to upper triangular form below the band; what that does to
 * the rest, A - V Y^T - Y V^T, is products of matrices, which run thirty times faster than loops here.
 */
import type { MatrixProducts } from '../../runtime/matrix-products.js';
import type { Pace } from '../pace.js';
import { Band } from './band-to-tridiagonal.js';
import { reflect } from './householder.js';

/** @param dense [n, n], symmetric; stays as it is */
export async function denseToBand(
  dense: Float64Array,
  size: number,
  width: number,
  products: MatrixProducts,
  pace: Pace,
): Promise<Band> {
  const band = new Band(size, width);
  let rest = dense; // [side, side], what is not yet in the band
  let side = size;
  for (let column = 0; column < size; column += width) {
    const done = Math.min(width, side);
    for (let j = 0; j < done; j++) {
      for (let i = j; i < done; i++) band.set(column + i, column + j, rest[i * side + j]!);
    }
    const below = side - done;
    if (below === 0) break;
    const panel = panelOf(rest, side, width);
    const factors = factored(panel, below, width);
    for (let j = 0; j < width; j++) {
      for (let i = 0; i <= Math.min(j, below - 1); i++) {
        band.set(column + width + i, column + j, panel[j * below + i]!);
      }
    }
    await pace.rest();
    rest = await reflected(trailing(rest, side, width), factors, products);
    side = below;
    await pace.rest();
  }
  return band;
}

/** The first columns below the band, column after column. */
function panelOf(matrix: Float64Array, side: number, width: number): Float64Array {
  const below = side - width;
  const panel = new Float64Array(width * below);
  // By symmetry: row j of the matrix is its column j.
  for (let j = 0; j < width; j++) panel.set(matrix.subarray(j * side + width, (j + 1) * side), j * below);
  return panel;
}

function trailing(matrix: Float64Array, side: number, width: number): Float64Array {
  const below = side - width;
  const part = new Float64Array(below * below);
  for (let i = 0; i < below; i++) {
    const start = (i + width) * side + width;
    part.set(matrix.subarray(start, start + below), i * below);
  }
  return part;
}

/** The product of the panel's reflections, I - V T V^T (Schreiber and Van Loan 1989). */
interface Reflections {
  /** [rows, width] */
  readonly v: Float64Array;
  /** [width, width], upper triangular */
  readonly t: Float64Array;
  readonly width: number;
}

/** QR of the panel; R stays in the upper triangle of `panel`. */
function factored(panel: Float64Array, rows: number, width: number): Reflections {
  const v = new Float64Array(rows * width);
  const t = new Float64Array(width * width);
  const columns = Array.from({ length: width }, (_, j) => panel.subarray(j * rows, (j + 1) * rows));
  const taus = new Float64Array(width);
  const count = Math.min(width, rows - 1);
  for (const [j, column] of columns.slice(0, count).entries()) {
    const tau = reflect(column, j, rows - j);
    taus[j] = tau;
    if (tau === 0) column.fill(0, j + 1);
    for (const other of columns.slice(j + 1)) {
      let sum = other[j]!;
      for (let i = j + 1; i < rows; i++) sum += column[i]! * other[i]!;
      sum *= tau;
      other[j]! -= sum;
      for (let i = j + 1; i < rows; i++) other[i]! -= sum * column[i]!;
    }
  }
  for (const [j, column] of columns.slice(0, count).entries()) {
    v[j * width + j] = 1;
    for (let i = j + 1; i < rows; i++) v[i * width + j] = column[i]!;
    // T[:j, j] = -tau T[:j, :j] (V[:, :j]^T v_j)
    t[j * width + j] = taus[j]!;
    const along = columns.slice(0, j).map((other) => {
      let sum = other[j]!;
      for (let i = j + 1; i < rows; i++) sum += other[i]! * column[i]!;
      return sum;
    });
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) sum += t[i * width + k]! * along[k]!;
      t[i * width + j] = -taus[j]! * sum;
    }
  }
  return { v, t, width };
}

/** Q^T A Q for Q = I - V T V^T: with X = A V T and Y = X - V (T^T V^T X) / 2 it is A - V Y^T - Y V^T. */
async function reflected(
  a: Float64Array,
  { v, t, width }: Reflections,
  products: MatrixProducts,
): Promise<Float64Array> {
  const rows = v.length / width;
  const x = await products.times(await products.times(a, v, rows), t, width);
  const inner = await products.transposedTimes(t, await products.transposedTimes(v, x, rows), width);
  const correction = await products.times(v, inner, width);
  const left = new Float64Array(rows * 2 * width); // [V Y]
  const right = new Float64Array(rows * 2 * width); // [Y V]
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) {
      const [from, to] = [i * width + j, 2 * i * width + j];
      const y = x[from]! - correction[from]! / 2;
      left[to] = right[to + width] = v[from]!;
      right[to] = left[to + width] = y;
    }
  }
  return products.lessTimesTransposed(a, left, right, 2 * width);
}
