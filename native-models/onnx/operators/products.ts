/** Products with weights and with each other: linear layers, convolutions, attention. */
import { AuthoringError, expectFloat, expectRank } from '../authoring-error.js';
import { layerForms } from '../operator-table.js';
import type { Dim, Value } from '../value.js';
import { describe } from '../value.js';
import { add, multiply } from './elementwise.js';
import { concat, reshape, slice, transpose } from './movement.js';

/** x [..., K] @ w^T with w [N, K] as linear layers store it (+ b [N]): [..., N]. */
export function linear(x: Value, w: Value, b: Value | null = null): Value {
  expectFloat('linear', 'input', x);
  expectRank('linear', 'weight', w, 2);
  const [N, K] = w.shape as [Dim, Dim];
  if (x.shape.at(-1) !== K) throw new AuthoringError('linear', 'input', `[..., ${K}] for ${describe(w)}`, x);
  if (b && (b.rank !== 1 || b.shape[0] !== N)) throw new AuthoringError('linear', 'bias', `[${N}]`, b);

  const { graph } = x;
  const shape = [...x.shape.slice(0, -1), N];
  const transB = { transB: { int: 1 } };
  if (x.rank === 2) {
    return graph.node('Gemm', b ? [x, w, b] : [x, w], { dtype: 'float32', shape }, transB); // [M, N]
  }
  if (layerForms[graph.device].linear === 'fused-mat-mul') {
    const y = graph.node('FusedMatMul', [x, w], { dtype: 'float32', shape }, transB);
    return b ? add(y, b) : y;
  }
  const rows = x.shape.slice(0, -1).reduce<number>((count, dim) => count * (dim as number), 1);
  return reshape(linear(reshape(x, [rows, K]), w, b), shape);
}

/** Batched matrix product [..., M, K] @ [..., K, N]; the leading axes are equal. */
export function matMul(a: Value, b: Value): Value {
  if (a.shape.at(-1) !== b.shape.at(-2))
    throw new AuthoringError('MatMul', 'second input', `to follow ${describe(a)}`, b);
  const shape = [...a.shape.slice(0, -1), b.shape.at(-1) as Dim];
  return a.graph.node('MatMul', [a, b], { dtype: 'float32', shape });
}

export interface ConvolutionOptions {
  readonly stride?: number;
  /** The same on all sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
}

/** x [B, C, H, W] with w [O, C, kh, kw] (+ b [O]): [B, O, H', W']. */
export function convolution(x: Value, w: Value, b: Value | null = null, options: ConvolutionOptions = {}): Value {
  expectFloat('Conv', 'input', x);
  expectRank('Conv', 'input', x, 4);
  expectRank('Conv', 'weight', w, 4);
  const [O, C] = w.shape as [Dim, Dim];
  if (x.shape[1] !== C) throw new AuthoringError('Conv', 'input', `[B, ${C}, H, W] for ${describe(w)}`, x);
  if (b && (b.rank !== 1 || b.shape[0] !== O)) throw new AuthoringError('Conv', 'bias', `[${O}]`, b);

  const { stride = 1, padding = 0 } = options;
  const [top, left, bottom, right] = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  const kernel = [w.size(2), w.size(3)] as const;
  const height = Math.floor((x.size(2) + top + bottom - kernel[0]) / stride) + 1;
  const width = Math.floor((x.size(3) + left + right - kernel[1]) / stride) + 1;
  if (height < 1 || width < 1) {
    throw new AuthoringError('Conv', 'input', `at least as large as the kernel ${kernel.join(' x ')}`, x);
  }
  return x.graph.node(
    'Conv',
    b ? [x, w, b] : [x, w],
    { dtype: 'float32', shape: [x.size(0), O, height, width] },
    {
      kernel_shape: { ints: kernel },
      strides: { ints: [stride, stride] },
      pads: { ints: [top, left, bottom, right] },
    },
  );
}

export interface AttentionOptions {
  readonly heads: number;
  /** A token sees itself and those before it. */
  readonly causal?: boolean;
}

/** softmax(q k^T / sqrt(d)) v over heads of size d; q [B, T, D], k and v [B, S, D]: [B, T, D]. */
export function attention(q: Value, k: Value, v: Value, { heads, causal = false }: AttentionOptions): Value {
  for (const [name, value] of Object.entries({ query: q, key: k, value: v })) {
    expectRank('attention', name, value, 3);
    if (value.shape[2] !== q.shape[2] || value.shape[0] !== q.shape[0]) {
      throw new AuthoringError('attention', name, `of the batch and width of ${describe(q)}`, value);
    }
  }
  if (k.shape[1] !== v.shape[1]) throw new AuthoringError('attention', 'value', `as long as ${describe(k)}`, v);
  if (q.size(2) % heads !== 0) throw new AuthoringError('attention', 'query', `divisible into ${heads} heads`, q);

  if (layerForms[q.graph.device].attention === 'multi-head-attention') {
    const attributes = { num_heads: { int: heads }, unidirectional: { int: causal ? 1 : 0 } };
    return q.graph.node('MultiHeadAttention', [q, k, v], q, attributes);
  }
  return plainAttention(q, k, v, heads, causal);
}

/** Scores of this many bytes at a time: half of what every WebGPU adapter binds at once. */
const SCORE_BYTES = 64 << 20;

/** The same from single products, some rows of queries at a time so that the scores stay small. */
function plainAttention(q: Value, k: Value, v: Value, heads: number, causal: boolean): Value {
  const [B, T, S, D] = [q.size(0), q.size(1), k.size(1), q.size(2)];
  const d = D / heads;
  const split = (x: Value, length: number, order: number[]): Value =>
    transpose(reshape(x, [B, length, heads, d]), order);
  const queries = split(multiply(q, 1 / Math.sqrt(d)), T, [0, 2, 1, 3]); // [B, heads, T, d]
  const keys = split(k, S, [0, 2, 3, 1]); // [B, heads, d, S]
  const values = split(v, S, [0, 2, 1, 3]); // [B, heads, S, d]

  const rows = Math.max(1, Math.floor(SCORE_BYTES / (4 * B * heads * S)));
  const parts: Value[] = [];
  for (let first = 0; first < T; first += rows) {
    const next = Math.min(T, first + rows);
    let scores = matMul(slice(queries, 2, first, next), keys); // [B, heads, rows, S]
    if (causal) scores = add(scores, causalMask(q, first, next, S));
    parts.push(matMul(softmax(scores), values)); // [B, heads, rows, d]
  }
  const mixed = parts.length === 1 ? (parts[0] as Value) : concat(parts as [Value, ...Value[]], 2); // [B, heads, T, d]
  return reshape(transpose(mixed, [0, 2, 1, 3]), [B, T, D]);
}

/** Over the last axis. */
export function softmax(x: Value): Value {
  return x.graph.node('Softmax', [x], x, { axis: { int: x.rank - 1 } });
}

/** 0 where token t of first..next may see token s, a very negative number elsewhere: [next - first, S]. */
function causalMask(like: Value, first: number, next: number, S: number): Value {
  const mask = Array.from({ length: (next - first) * S }, (_, i) => (i % S <= first + Math.floor(i / S) ? 0 : -1e9));
  return like.graph.constant('float32', [next - first, S], mask);
}
