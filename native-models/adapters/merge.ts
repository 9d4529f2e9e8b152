/**
 * Low-rank adapters merged into a weight: W' = W + Σ strength · alpha / r · up · down (LoRA, Hu and others 2021,
 * section 4.1). A convolution's W [out, in, kh, kw] is the matrix [out, in · kh · kw] of the same bytes.
 */
import type { LowRankPair } from './low-rank-pairs.js';

/**
 * W' in new memory; `weight` stays as it is. Sums are float64 and rounded to float32 once, so that the delta is as exact
 * as float32 can hold it.
 */
export function mergePairs(
  weight: Float32Array,
  outFeatures: number,
  parts: readonly { readonly pair: LowRankPair; readonly strength: number }[],
): Float32Array<ArrayBuffer> {
  const columns = weight.length / outFeatures;
  const merged = new Float32Array(weight.length);
  const row = new Float64Array(columns);
  for (let o = 0; o < outFeatures; o++) {
    row.set(weight.subarray(o * columns, (o + 1) * columns));
    for (const { pair, strength } of parts) addRow(row, pair, o, strength * pair.scale);
    merged.set(row, o * columns);
  }
  return merged;
}

/** row += factor · up[o] · down. Four ranks at a time, so that the row is walked through a quarter as often. */
function addRow(row: Float64Array, { rank, up, down }: LowRankPair, o: number, factor: number): void {
  const columns = row.length;
  const at = (r: number): number => factor * (r < rank ? (up[o * rank + r] as number) : 0);
  const place = (r: number): number => Math.min(r, rank - 1) * columns;
  for (let r = 0; r < rank; r += 4) {
    const [a0, a1, a2, a3] = [at(r), at(r + 1), at(r + 2), at(r + 3)];
    const [p0, p1, p2, p3] = [place(r), place(r + 1), place(r + 2), place(r + 3)];
    for (let c = 0; c < columns; c++) {
      row[c]! +=
        a0 * (down[p0 + c] as number) +
        a1 * (down[p1 + c] as number) +
        a2 * (down[p2 + c] as number) +
        a3 * (down[p3 + c] as number);
    }
  }
}
