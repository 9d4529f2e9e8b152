/**
 * Quantised matrices of a GGUF file in the form of onnxruntime's MatMulNBits, with the same values.
 *
 *   packed   u8 [N, K / block, block * bits / 8]   element 2i in the low nibble, 2i + 1 in the high one
 *   scales   f32 [N, K / block]
 *   w = (stored - 2^(bits - 1)) * scale
 *
 * Stored numbers are centred: at accuracy level 4 the error of the product grows with their size. What a format with
 * minimums has beyond that is constant within a block, and becomes a second, small product:
 *
 *   minimums f32 [N, K / block] = centre * scale + minimum
 *   y = x W^T = MatMulNBits(x) + sums(x) minimums^T     with sums(x) [M, K / block] over each block of x
 *
 * Symmetric formats (Q4_0, Q5_0, Q8_0, Q6_K) are exact to the last bit. In the others (Q4_1, Q5_1, Q4_K, Q5_K) `minimums`
 * is a sum of two exact numbers, rounded to float32 where it needs more than 24 bits: one part in 16 million of it.
 * The operator: onnxruntime, docs/ContribOperators.md, com.microsoft.MatMulNBits.
 */
import type { BlockFormat } from './block-formats.js';
import { newRow, unpackRow } from './block-formats.js';

/** How a matrix [N, K] of some format is stored for MatMulNBits, and what that takes. */
export interface RepackedLayout {
  readonly bits: 4 | 8;
  readonly block: 16 | 32;
  readonly hasMinimums: boolean;
  readonly packedShape: readonly [number, number, number];
  readonly scalesShape: readonly [number, number];
}

export function repackedLayout(format: BlockFormat, N: number, K: number): RepackedLayout {
  const { bits, group: block, hasMinimums } = format;
  return {
    bits,
    block,
    hasMinimums,
    packedShape: [N, K / block, (block * bits) / 8],
    scalesShape: [N, K / block],
  };
}

export interface RepackedRows {
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  /** Empty in symmetric formats. */
  readonly minimums: Float32Array<ArrayBuffer>;
}

/** Whole rows of K elements, as they stand in the file. */
export function repackRows(format: BlockFormat, bytes: Uint8Array, K: number): RepackedRows {
  const rowBytes = (K / format.blockSize) * format.blockBytes;
  const N = bytes.length / rowBytes;
  const groups = K / format.group;
  const packedRow = (K * format.bits) / 8;
  const packed = new Uint8Array(N * packedRow);
  const scales = new Float32Array(N * groups);
  const minimums = new Float32Array(format.hasMinimums ? N * groups : 0);
  const row = newRow(format, K);
  for (let n = 0; n < N; n++) {
    const there = packed.subarray(n * packedRow, (n + 1) * packedRow);
    // Levels of 8 bits are unpacked where they are to stand.
    unpackRow(format, bytes, n * rowBytes, format.bits === 4 ? row : { ...row, levels: there });
    if (format.bits === 4) packNibbles(row.levels, there);
    else if (format.centre !== 128) shiftLevels(there, 128 - format.centre);
    scales.set(row.scales, n * groups);
    if (!format.hasMinimums) continue;
    for (let g = 0; g < groups; g++) {
      minimums[n * groups + g] = format.centre * (row.scales[g] as number) + (row.minimums[g] as number);
    }
  }
  return { packed, scales, minimums };
}

function packNibbles(levels: Uint8Array, packed: Uint8Array): void {
  for (let i = 0; i < packed.length; i++) {
    packed[i] = (levels[2 * i] as number) | ((levels[2 * i + 1] as number) << 4);
  }
}

function shiftLevels(levels: Uint8Array, shift: number): void {
  for (let i = 0; i < levels.length; i++) levels[i] = (levels[i] as number) + shift;
}
