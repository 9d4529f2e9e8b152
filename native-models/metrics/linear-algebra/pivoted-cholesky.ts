/**
 * S = L L^T for a symmetric positive semidefinite S of any rank: Cholesky with diagonal pivoting (Higham 2002,
 * "Accuracy and Stability of Numerical Algorithms", section 10.3), stopped where nothing but rounding is left.
 */
import type { MatrixProducts } from '../../runtime/matrix-products.js';
import type { Pace } from '../pace.js';

/** Columns that are found before the rest of the matrix is brought up to date, by one product. */
const PANEL = 64;

export interface Factor {
  /** [n, rank] */
  readonly l: Float64Array;
  readonly rank: number;
}

/** @param matrix [n, n], symmetric; stays as it is */
export async function pivotedCholesky(
  matrix: Float64Array,
  size: number,
  products: MatrixProducts,
  pace: Pace,
): Promise<Factor> {
  const columns: Float64Array[] = [];
  const diagonal = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!);
  const smallest = size * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  const taken = new Uint8Array(size);
  let rest = matrix; // S - L L^T of the panels that are done
  let pivot = largest(diagonal, taken);
  while (pivot >= 0 && diagonal[pivot]! > smallest) {
    const panel: Float64Array[] = [];
    while (panel.length < PANEL && pivot >= 0 && diagonal[pivot]! > smallest) {
      panel.push(nextColumn(rest, size, pivot, panel, diagonal, taken));
      pivot = largest(diagonal, taken);
      await pace.rest();
    }
    columns.push(...panel);
    if (pivot < 0 || diagonal[pivot]! <= smallest) break;
    const block = sideBySide(panel, size);
    rest = await products.lessTimesTransposed(rest, block, block, panel.length);
  }
  return { l: sideBySide(columns, size), rank: columns.length };
}

/** The column of L for this pivot; `diagonal` becomes that of what is left. */
function nextColumn(
  rest: Float64Array,
  size: number,
  pivot: number,
  panel: readonly Float64Array[],
  diagonal: Float64Array,
  taken: Uint8Array,
): Float64Array {
  const column = rest.slice(pivot * size, (pivot + 1) * size); // a row is a column
  for (const other of panel) {
    const weight = other[pivot]!;
    for (let i = 0; i < size; i++) column[i]! -= weight * other[i]!;
  }
  const root = Math.sqrt(diagonal[pivot]!);
  taken[pivot] = 1;
  for (let i = 0; i < size; i++) {
    const value = taken[i] === 1 ? 0 : column[i]! / root;
    column[i] = value;
    diagonal[i]! -= value * value;
  }
  column[pivot] = root;
  return column;
}

function largest(diagonal: Float64Array, taken: Uint8Array): number {
  let best = -1;
  for (let i = 0; i < diagonal.length; i++) {
    if (taken[i] === 0 && (best < 0 || diagonal[i]! > diagonal[best]!)) best = i;
  }
  return best;
}

/** Columns [n] each, as a matrix [n, columns]. */
function sideBySide(columns: readonly Float64Array[], size: number): Float64Array {
  const matrix = new Float64Array(size * columns.length);
  for (const [j, column] of columns.entries()) {
    for (let i = 0; i < size; i++) matrix[i * columns.length + j] = column[i]!;
  }
  return matrix;
}
