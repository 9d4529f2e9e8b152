/**
 * Frobenius norm of scale · up · down without the product, which has the size of the layer:
 *
 *   |U D|² = tr(Dᵀ Uᵀ U D) = Σ (Uᵀ U) ∘ (D Dᵀ)
 *
 * Both Gram matrices are [r, r]; sums in float64.
 */
import type { LowRankPair } from './low-rank-pairs.js';

/** The norm squared; NaN or infinite where the matrices are. */
export function squaredDeltaNorm({ rank, scale, down, up }: LowRankPair): number {
  const ofDown = gram(down, rank);
  const ofUp = gram(transpose(up, rank), rank);
  let sum = 0;
  for (let i = 0; i < ofUp.length; i++) sum += (ofUp[i] as number) * (ofDown[i] as number);
  return scale * scale * sum;
}

/** rows [r, n] -> rows · rowsᵀ [r, r], two rows against two at once: half the reads, a good third of the time */
function gram(rows: Float32Array, r: number): Float64Array {
  const n = rows.length / r;
  const result = new Float64Array(r * r);
  const set = (p: number, q: number, product: number): void => {
    result[p * r + q] = product;
    result[q * r + p] = product;
  };
  for (let p = 0; p < r; p += 2) {
    for (let q = 0; q <= p; q += 2) {
      // Of an odd number of rows the last one stands for the one behind it.
      const [p1, q1] = [Math.min(p + 1, r - 1), Math.min(q + 1, r - 1)];
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let i = 0, a = p * n, b = p1 * n, c = q * n, d = q1 * n; i < n; i++) {
        const x0 = rows[a + i] as number;
        const x1 = rows[b + i] as number;
        const y0 = rows[c + i] as number;
        const y1 = rows[d + i] as number;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
      }
      set(p, q, s00);
      set(p, q1, s01);
      set(p1, q, s10);
      set(p1, q1, s11);
    }
  }
  return result;
}

/** [n, r] -> [r, n] */
function transpose(values: Float32Array, r: number): Float32Array {
  const n = values.length / r;
  const result = new Float32Array(values.length);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < r; p++) result[p * n + i] = values[i * r + p] as number;
  }
  return result;
}
