/**
 * Products with matrices stored as whole numbers of 4 or 8 bits, in blocks of one row that share a scale:
 *
 *   w = (stored - 2^(bits - 1)) * scale (+ minimum)
 *
 * Reference: onnxruntime, docs/ContribOperators.md, MatMulNBits and GatherBlockQuantized. The minimums of formats that
 * have them are constant within a block of x and become a second, small product with the sums of x over its blocks.
 */
import { AuthoringError, expectFloat } from '../authoring-error.js';
import type { Dim, Value } from '../value.js';
import { describe, sameShape } from '../value.js';
import { add } from './elementwise.js';
import { gather, reshape, unsqueeze } from './movement.js';
import { linear } from './products.js';

export interface QuantizedForm {
  readonly bits: 4 | 8;
  /** Elements of a row that share a scale; 16, 32, 64, 128 and 256 have fast kernels. */
  readonly block: number;
}

/** A matrix [N, K]. */
export interface QuantizedMatrix extends QuantizedForm {
  /** uint8 [N, K / block, block * bits / 8], of 4 bits the element 2i in the low nibble */
  readonly packed: Value;
  /** [N, K / block] */
  readonly scales: Value;
  /** [N, K / block]; null: none */
  readonly minimums: Value | null;
}

/**
 * What products at run time are computed in. `float32`: exact but for summation (the operator's accuracy level 0).
 * `int8`: x is rounded to 8 bits for each block (level 4): several times faster, and an error of about 0.3% of the
 * result's size. Eight-bit matrices at `float32` are fifty times slower: for comparisons only.
 */
export type QuantizedCompute = 'float32' | 'int8';

const accuracyLevels: Record<QuantizedCompute, number> = { float32: 0, int8: 4 };

/** x [..., K] @ w^T of a matrix [N, K] without minimums (+ bias [N]): [..., N]. */
export function matMulNBits(
  x: Value,
  packed: Value,
  scales: Value,
  { bits, block }: QuantizedForm,
  compute: QuantizedCompute,
  bias: Value | null = null,
): Value {
  expectFloat('MatMulNBits', 'input', x);
  expectFloat('MatMulNBits', 'scales', scales);
  if (packed.dtype !== 'uint8') throw new AuthoringError('MatMulNBits', 'weight', 'uint8', packed);
  const [N, blocks] = [packed.size(0), packed.size(1)];
  const K = blocks * block;
  if (!sameShape(packed.shape, [N, blocks, (block * bits) / 8])) {
    throw new AuthoringError('MatMulNBits', 'weight', `[N, K / ${block}, ${(block * bits) / 8}]`, packed);
  }
  if (x.shape.at(-1) !== K) throw new AuthoringError('MatMulNBits', 'input', `[..., ${K}] for ${describe(packed)}`, x);
  if (!sameShape(scales.shape, [N, blocks])) {
    throw new AuthoringError('MatMulNBits', 'scales', `[${N}, ${blocks}]`, scales);
  }
  if (bias && !sameShape(bias.shape, [N])) throw new AuthoringError('MatMulNBits', 'bias', `[${N}]`, bias);

  // No zero points: what is stored is centred at 2^(bits - 1), which is the operator's default.
  const inputs = bias ? [x, packed, scales, null, null, bias] : [x, packed, scales];
  const result = { dtype: 'float32', shape: [...x.shape.slice(0, -1), N] } as const;
  return x.graph.node('MatMulNBits', inputs, result, {
    K: { int: K },
    N: { int: N },
    bits: { int: bits },
    block_size: { int: block },
    accuracy_level: { int: accuracyLevels[compute] },
  });
}

/** x [..., K] @ w^T (+ bias [N]): [..., N]. */
export function quantizedLinear(
  x: Value,
  { packed, scales, minimums, bits, block }: QuantizedMatrix,
  bias: Value | null,
  compute: QuantizedCompute,
): Value {
  const y = matMulNBits(x, packed, scales, { bits, block }, compute, bias);
  if (!minimums) return y;
  const sums = blockSums(x, block); // [..., K / block]
  if (x.rank !== 2) return add(y, linear(sums, minimums));
  return x.graph.node('Gemm', [sums, minimums, y], y, { transB: { int: 1 } });
}

/** Sums of x by the size of their blocks: projections that share an input share these. */
const knownSums = new WeakMap<Value, Map<number, Value>>();

/** [..., K] -> [..., K / block]: the sum of every block of a row. */
function blockSums(x: Value, block: number): Value {
  const known = knownSums.get(x) ?? new Map<number, Value>();
  knownSums.set(x, known);
  const sums = known.get(block) ?? newBlockSums(x, block);
  known.set(block, sums);
  return sums;
}

function newBlockSums(x: Value, block: number): Value {
  const shape = [...x.shape.slice(0, -1), x.size(-1) / block];
  const blocks = reshape(x, [...shape, block]);
  const axes = x.graph.constant('int64', [1], [x.rank]);
  return x.graph.node('ReduceSum', [blocks, axes], { dtype: 'float32', shape }, { keepdims: { int: 0 } });
}

/** Rows of a table [N, K] as float32: indices of any shape, `[...indices, K]`. */
export function quantizedGather(table: QuantizedMatrix, indices: Value): Value {
  const { packed, scales, minimums, bits, block } = table;
  if (indices.dtype !== 'int64' && indices.dtype !== 'int32') {
    throw new AuthoringError('GatherBlockQuantized', 'indices', 'int64 or int32', indices);
  }
  const [N, rowBytes] = packed.shape as [Dim, Dim];
  if (packed.dtype !== 'uint8' || packed.rank !== 2) {
    throw new AuthoringError('GatherBlockQuantized', 'table', `uint8 [N, K * ${bits} / 8]`, packed);
  }
  const K = (Number(rowBytes) * 8) / bits;
  if (!sameShape(scales.shape, [N, K / block])) {
    throw new AuthoringError('GatherBlockQuantized', 'scales', `[${N}, ${K / block}]`, scales);
  }
  const rows = table.packed.graph.node(
    'GatherBlockQuantized',
    [packed, indices, scales],
    { dtype: 'float32', shape: [...indices.shape, K] },
    { gather_axis: { int: 0 }, quantize_axis: { int: 1 }, bits: { int: bits }, block_size: { int: block } },
  );
  if (!minimums) return rows;
  const byBlock = reshape(rows, [...indices.shape, K / block, block]);
  const lifted = add(byBlock, unsqueeze(gather(minimums, indices), [indices.rank + 1]));
  return reshape(lifted, rows.shape);
}
