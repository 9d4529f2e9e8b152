/**
 * Operators of decoders: each form that a device gets, computed by the CPU's kernels and held against the formula.
 */
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

import { Graph } from '../../../../../native-models/onnx/graph.js';
import type { Device } from '../../../../../native-models/onnx/operator-table.js';
import * as op from '../../../../../native-models/onnx/operators/index.js';
import type { Value } from '../../../../../native-models/onnx/value.js';
import { imaginaryWeights } from '../../../../../native-models/onnx/weight-source.js';
import { writeModel } from '../../../../../native-models/onnx/write-model.js';
import { relativeDifference } from '../../../../parity/golden.js';

interface Given {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

const noise = (shape: readonly number[], seed: number): Given => ({
  shape,
  data: Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.7,
  ),
});

/** Authored for `device`, run on the CPU: its form may be another one, its numbers may not. */
async function compute(
  device: Device,
  given: Readonly<Record<string, Given>>,
  author: (inputs: Record<string, Value>) => Value,
): Promise<Float32Array> {
  const graph = new Graph({ device, weights: imaginaryWeights });
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, { shape, data }]) => [
      name,
      graph.input(name, data instanceof Float32Array ? 'float32' : 'int64', shape),
    ]),
  );
  graph.output('y', author(inputs));
  const session = await ort.InferenceSession.create(writeModel(graph).bytes);
  const feeds = Object.fromEntries(
    Object.entries(given).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('int64', data, shape),
    ]),
  );
  const { y } = await session.run(feeds);
  await session.release();
  return y!.data as Float32Array;
}

const devices: Device[] = ['cpu', 'coreml'];

test.each(devices)('the RMS norm of %s', async (device) => {
  const [x, scale] = [noise([3, 5, 8], 1), noise([8], 2)];
  const got = await compute(device, { x, scale }, (v) => op.rmsNorm(v['x']!, v['scale']!, 0.01));
  const expected = Float32Array.from(x.data as Float32Array, (value, i) => {
    const row = (x.data as Float32Array).subarray(i - (i % 8), i - (i % 8) + 8);
    const meanSquare = row.reduce((sum, number) => sum + number * number, 0) / 8;
    return (value / Math.sqrt(meanSquare + 0.01)) * ((scale.data as Float32Array)[i % 8] as number);
  });
  expect(relativeDifference(got, expected)).toBeLessThanOrEqual(1e-6);
});

describe.each(devices)('the rotary embedding of %s', (device) => {
  const [B, T, heads, d] = [2, 3, 2, 8];
  const x = noise([B, T, heads * d], 3);
  const angles = noise([B * T, d / 2], 4).data as Float32Array;
  const table = {
    cos: { shape: [B * T, d / 2], data: angles.map(Math.cos) },
    sin: { shape: [B * T, d / 2], data: angles.map(Math.sin) },
    rows: { shape: [B, T], data: BigInt64Array.from({ length: B * T }, (_, i) => BigInt(i)) },
  };

  test.each<[op.RotaryPairing, (pair: number) => [number, number]]>([
    ['halves', (pair) => [pair, pair + d / 2]],
    ['neighbours', (pair) => [2 * pair, 2 * pair + 1]],
  ])('turns %s', async (pairing, places) => {
    const got = await compute(device, { x, ...table }, (v) =>
      op.rotaryEmbedding(v['x']!, { cos: v['cos']!, sin: v['sin']!, rows: v['rows']! }, { heads, pairing }),
    );
    const given = x.data as Float32Array;
    const expected = new Float32Array(given.length);
    for (let row = 0; row < B * T; row++) {
      for (let head = 0; head < heads; head++) {
        for (let pair = 0; pair < d / 2; pair++) {
          const angle = angles[row * (d / 2) + pair] as number;
          const [i, j] = places(pair).map((place) => (row * heads + head) * d + place) as [number, number];
          const [a, b] = [given[i] as number, given[j] as number];
          expected[i] = a * Math.cos(angle) - b * Math.sin(angle);
          expected[j] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
    }
    expect(relativeDifference(got, expected)).toBeLessThanOrEqual(1e-6);
  });
});

/** The formula of the operator's own comment, one number after another. */
function attended(given: Record<'q' | 'k' | 'v' | 'mask', Given>, H: number, K: number): Float32Array {
  const [B, T, D] = given.q.shape as [number, number, number];
  const S = given.k.shape[1] as number;
  const [d, group] = [D / H, H / K];
  const [q, k, v, mask] = [given.q, given.k, given.v, given.mask].map(({ data }) => data as Float32Array);
  const y = new Float32Array(B * T * D);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const kv = Math.floor(h / group);
        const at = (s: number): number => ((b * S + s) * K + kv) * d;
        const scores = Array.from({ length: S }, (_, s) => {
          let score = 0;
          for (let i = 0; i < d; i++) score += q![((b * T + t) * H + h) * d + i]! * k![at(s) + i]!;
          return score / Math.sqrt(d) + mask![(b * T * group + t * group + (h % group)) * S + s]!;
        });
        const highest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - highest));
        const sum = weights.reduce((a, c) => a + c, 0);
        for (let i = 0; i < d; i++) {
          y[((b * T + t) * H + h) * d + i] = weights.reduce((a, w, s) => a + (w / sum) * v![at(s) + i]!, 0);
        }
      }
    }
  }
  return y;
}

describe('grouped-query attention', () => {
  test.each<[string, Device, number, number, number, number, number]>([
    ['one text, step by step over the heads', 'cpu', 1, 4, 7, 6, 2],
    ['one token', 'cpu', 1, 1, 9, 6, 2],
    ['one head of keys for all', 'cpu', 1, 3, 3, 4, 1],
    ['as many heads of keys as of queries', 'cpu', 1, 3, 5, 4, 4],
    ['two texts', 'cpu', 2, 3, 5, 6, 3],
    ['one text, heads brought together', 'webgpu', 1, 4, 7, 6, 2],
  ])('%s', async (_, device, B, T, S, H, K) => {
    const d = 10;
    const given = {
      q: noise([B, T, H * d], 1),
      k: noise([B, S, K * d], 2),
      v: noise([B, S, K * d], 3),
      mask: noise([B, (T * H) / K, S], 4),
    };
    const got = await compute(device, given, (v) =>
      op.groupedQueryAttention(v['q']!, v['k']!, v['v']!, v['mask']!, { heads: H, keyValueHeads: K }),
    );
    expect(relativeDifference(got, attended(given, H, K))).toBeLessThanOrEqual(2e-6);
  });

  test.each<[string, Device, number, number]>([
    ['some new tokens after earlier ones', 'cpu', 3, 5],
    ['one new token', 'cpu', 1, 8],
    ['new tokens joined to earlier ones', 'webgpu', 3, 5],
  ])('of a cache: %s', async (_, device, T, P) => {
    const [H, K, d, S] = [6, 2, 10, P + T];
    const [k, v] = [noise([1, S, K * d], 2), noise([1, S, K * d], 3)];
    const before = ({ data }: Given): Given => ({ shape: [P, K, d], data: data.slice(0, P * K * d) });
    const now = ({ data }: Given): Given => ({ shape: [1, T, K * d], data: data.slice(P * K * d) });
    const given = { q: noise([1, T, H * d], 1), k: now(k), v: now(v), mask: noise([1, (T * H) / K, S], 4) };
    const got = await compute(device, { ...given, earlierK: before(k), earlierV: before(v) }, (value) => {
      const [keys, values] = [value['earlierK']!, value['earlierV']!];
      const lengths = op.concat([op.lengthOf(keys, 0), op.lengthOf(value['q']!, 1)], 0);
      const sizes = { heads: H, keyValueHeads: K };
      return op.cachedAttention(
        value['q']!,
        value['k']!,
        value['v']!,
        { keys, values, lengths },
        value['mask']!,
        sizes,
      );
    });
    expect(relativeDifference(got, attended({ ...given, k, v }, H, K))).toBeLessThanOrEqual(2e-6);
  });

  const graph = new Graph({ device: 'cpu', weights: imaginaryWeights });
  const input = (name: string, ...shape: (number | string)[]): Value => graph.input(name, 'float32', shape);
  const q = input('q', 1, 'tokens', 12);
  const k = input('k', 1, 'all', 6);
  const wide = input('wide', 1, 'all', 8);
  const mask = input('mask', 1, 'tokens x 2', 'all');
  const options = { heads: 4, keyValueHeads: 2 };

  test('of a symbolic length keeps its name', () => {
    expect(op.groupedQueryAttention(q, k, k, mask, options).shape).toEqual([1, 'tokens', 12]);
  });

  test.each<[string, () => unknown]>([
    [
      'attention: key should be [1, all, 6] for q float32 [1, tokens, 12], got wide float32 [1, all, 8]',
      () => op.groupedQueryAttention(q, wide, k, mask, options),
    ],
    [
      'attention: mask should be [1, tokens x 2, all], got k float32 [1, all, 6]',
      () => op.groupedQueryAttention(q, k, k, k, options),
    ],
    [
      'attention: query should be divisible into 5 heads, 2 groups of them, got q float32 [1, tokens, 12]',
      () => op.groupedQueryAttention(q, k, k, mask, { heads: 5, keyValueHeads: 2 }),
    ],
  ])('%s', (message, author) => {
    expect(author).toThrow(message);
  });
});

describe('symbolic axes', () => {
  const graph = new Graph({ device: 'cpu', weights: imaginaryWeights });
  const x = graph.input('x', 'float32', [2, 'tokens', 12]);
  const y = graph.input('y', 'float32', [2, 'past', 12]);

  test('one that stays at its place leaves another free', () => {
    expect(op.reshape(x, [2, 'tokens', 3, 4]).shape).toEqual([2, 'tokens', 3, 4]);
    expect(op.reshape(op.reshape(x, [2, 'tokens', 'rest', 4]), [2, 'tokens', 12]).shape).toEqual([2, 'tokens', 12]);
  });

  test('two that move are refused', () => {
    const z = graph.input('z', 'float32', ['rows', 'tokens', 4]);
    expect(() => op.reshape(z, ['tokens', 'rows', 4])).toThrow('Reshape: shape should be open in one axis at most');
  });

  test('joined lengths are named by their sum', () => {
    expect(op.concat([y, x], 1).shape).toEqual([2, 'past + tokens', 12]);
    expect(() => op.concat([y, x], 2)).toThrow('Concat: input');
  });
});
