/**
 * Eigenvalues of a symmetric tridiagonal matrix: implicit QL with Wilkinson's shift (Wilkinson and Reinsch 1971,
 * "Handbook for Automatic Computation" II/3 and II/4; Golub and Van Loan, section 8.3), values only.
 */
import type { Pace } from '../pace.js';

/** Far more than ever needed: two or three sweeps find an eigenvalue. */
const MOST_SWEEPS = 60;

/**
 * What is below this part of the last digit of the largest number ties nothing: where hundreds of eigenvalues are 0, all
 * that is left of their rows is rounding, and a tie that is small beside it may never come.
 */
const NOTHING = 1 / 8;

/**
 * @param diagonal [n]; becomes the eigenvalues, in no order
 * @param beside [n], of which the first n - 1 stand beside the diagonal; used up
 */
export async function tridiagonalEigenvalues(diagonal: Float64Array, beside: Float64Array, pace: Pace): Promise<void> {
  const n = diagonal.length;
  beside[n - 1] = 0;
  const nothing = NOTHING * Number.EPSILON * largestOf(diagonal, beside);
  for (let first = 0; first < n; first++) {
    for (let sweep = 0; ; sweep++) {
      const last = endOfBlock(diagonal, beside, first, nothing);
      if (last === first) break;
      if (sweep === MOST_SWEEPS) throw new RangeError('the eigenvalues did not converge');
      sweepUp(diagonal, beside, first, last);
      await pace.rest();
    }
  }
}

function largestOf(d: Float64Array, e: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < d.length; i++) largest = Math.max(largest, Math.abs(d[i]!), Math.abs(e[i]!));
  return largest;
}

/** The first row from `first` on that nothing ties to the next one. */
function endOfBlock(d: Float64Array, e: Float64Array, first: number, nothing: number): number {
  let row = first;
  for (; row < d.length - 1; row++) {
    const tie = Math.abs(e[row]!);
    if (tie <= nothing || tie <= Number.EPSILON * (Math.abs(d[row]!) + Math.abs(d[row + 1]!))) break;
  }
  return row;
}

/** One QL sweep over rows first..last: rotations from the bottom up chase what the shift puts beside the band. */
function sweepUp(d: Float64Array, e: Float64Array, first: number, last: number): void {
  // The shift is the eigenvalue of the upper 2 x 2 that is nearer to d[first].
  const half = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[last]! - d[first]! + e[first]! / (half + (half < 0 ? -root : root));
  let [sine, cosine, moved] = [1, 1, 0];
  for (let row = last - 1; row >= first; row--) {
    const f = sine * e[row]!;
    const b = cosine * e[row]!;
    const length = Math.sqrt(f * f + g * g);
    e[row + 1] = length;
    if (length === 0) {
      d[row + 1] = d[row + 1]! - moved; // the block came apart here
      e[last] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    const pivot = d[row + 1]! - moved;
    const turned = (d[row]! - pivot) * sine + 2 * cosine * b;
    moved = sine * turned;
    d[row + 1] = pivot + moved;
    g = cosine * turned - b;
  }
  d[first] = d[first]! - moved;
  e[first] = g;
  e[last] = 0;
}
