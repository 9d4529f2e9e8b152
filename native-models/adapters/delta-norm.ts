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

/** rows [r, n] -> rows · rowsᵀ [r, r] */
function gram(rows: Float32Array, r: number): Float64Array {
  const n = rows.length / r;
  const result = new Float64Array(r * r);
  for (let p = 0; p < r; p++) {
    for (let q = 0; q <= p; q++) {
      const product = dot(rows, p * n, q * n, n);
      result[p * r + q] = product;
      result[q * r + p] = product;
    }
  }
  return result;
}

/** Four sums at once keep the processor's adders busy. */
function dot(values: Float32Array, a: number, b: number, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += (values[a + i] as number) * (values[b + i] as number);
    s1 += (values[a + i + 1] as number) * (values[b + i + 1] as number);
    s2 += (values[a + i + 2] as number) * (values[b + i + 2] as number);
    s3 += (values[a + i + 3] as number) * (values[b + i + 3] as number);
  }
  for (; i < n; i++) s0 += (values[a + i] as number) * (values[b + i] as number);
  return s0 + s1 + s2 + s3;
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
