/** Products with quantised matrices through the runtime, against the same matrices dequantised and in float64. */
import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { AuthoringError } from '../../../../native-models/onnx/authoring-error.js';
import { Graph } from '../../../../native-models/onnx/graph.js';
import { matMulNBits, quantizedGather, quantizedLinear } from '../../../../native-models/onnx/operators/index.js';
import type { QuantizedCompute, QuantizedMatrix } from '../../../../native-models/onnx/operators/index.js';
import type { Value } from '../../../../native-models/onnx/value.js';
import type { WeightSource } from '../../../../native-models/onnx/weight-source.js';
import { openGraph } from '../../../../native-models/runtime/open-graph.js';
import { floats, ints } from '../../../../native-models/runtime/tensor.js';
import type { Tensors } from '../../../../native-models/runtime/network.js';
import { blockFormats } from '../../../../native-models/weight-formats/gguf/block-formats.js';
import { dequantize } from '../../../../native-models/weight-formats/gguf/dequantize.js';
import { ggmlTypes } from '../../../../native-models/weight-formats/gguf/ggml-types.js';
import { runnableWeights } from '../../../../native-models/weight-formats/gguf/gguf-weights.js';
import { readGguf } from '../../../../native-models/weight-formats/gguf/read-gguf.js';
import { floatsToHalves } from '../../../../native-models/weight-formats/number-formats.js';
import { gguf, scratchFolder } from '../weight-formats/gguf/gguf-files.js';

const scratch = scratchFolder();
const [N, K] = [24, 512];
const name = 'model.embed_tokens.weight';
const types = [...blockFormats.keys()];

const normals = (count: number, seed: number): Float32Array => new TorchGenerator(seed).randn(count);

interface Matrix {
  readonly weights: WeightSource;
  /** [N, K] */
  readonly values: Float32Array;
}

/** A matrix of random blocks, as a GGUF file's table of tokens. */
async function matrix(type: string): Promise<Matrix> {
  const [number, { blockSize, blockBytes }] = [...ggmlTypes].find(([, row]) => row.name === type)!;
  const count = (N * K) / blockSize;
  const random = normals(blockBytes * count, number + 1);
  const bytes = Uint8Array.from(random, (value) => Math.abs(Math.floor(value * 1000)) & 255);
  const places = type === 'Q6_K' ? [208] : /_1$|_K$/.test(type) ? [0, 2] : [0];
  for (let block = 0; block < count; block++) {
    for (const place of places) {
      const scale = floatsToHalves(Float32Array.of(0.002 * random[block]! + 0.004));
      bytes.set(new Uint8Array(scale.buffer), block * blockBytes + place);
    }
  }
  const tensor = { name: 'token_embd.weight', shape: [N, K], type: number, bytes };
  const file = await readGguf(await scratch.put(`${type}.gguf`, gguf({ tensors: [tensor] })));
  const { offset, byteLength } = file.tensors.get(tensor.name)!;
  const values = dequantize(type, (await readFile(file.file)).subarray(offset, offset + byteLength));
  return { weights: await runnableWeights(file, { cacheFolder: scratch.path() }), values };
}

const stored = (graph: Graph, as: 'blocks' | 'rows' = 'blocks'): QuantizedMatrix =>
  graph.quantizedMatrix(name, [N, K], as)!;

async function run(graph: Graph, y: Value, inputs: Tensors): Promise<Float32Array> {
  graph.output('y', y);
  const network = await openGraph(graph, { weightsMode: 'fold', packWeights: true });
  try {
    return (await network.run(inputs))['y']!.data as Float32Array;
  } finally {
    await network.release();
  }
}

/** |y - x W^T - bias| as a whole, divided by the whole of x W^T: x [M, K]. */
function relativeError(y: Float32Array, x: Float32Array, values: Float32Array, bias: Float32Array | null): number {
  let [error, size] = [0, 0];
  for (const [i, given] of y.entries()) {
    const [m, n] = [Math.floor(i / N), i % N];
    let exact = bias?.[n] ?? 0;
    for (let k = 0; k < K; k++) exact += x[m * K + k]! * values[n * K + k]!;
    error += (given - exact) ** 2;
    size += exact ** 2;
  }
  return Math.sqrt(error / size);
}

describe.each(types)('%s', (type) => {
  // int8 rounds each activation to one part in 254 of the largest of its block: about half a percent of the result,
  // and more where small results are sums of large products.
  test.each<[QuantizedCompute, number, number]>([
    ['float32', 1, 1e-6],
    ['float32', 7, 1e-6],
    ['int8', 1, 2e-2],
    ['int8', 7, 2e-2],
  ])('multiplied in %s, %i rows, is the dequantised product within %f', async (compute, M, tolerance) => {
    const { weights, values } = await matrix(type);
    const graph = new Graph({ device: 'cpu', weights });
    const x = graph.input('x', 'float32', ['rows', K]);
    const data = normals(M * K, 7);
    const y = await run(graph, quantizedLinear(x, stored(graph), null, compute), { x: floats([M, K], data) });
    expect(y).toHaveLength(M * N);
    expect(relativeError(y, data, values, null)).toBeLessThanOrEqual(tolerance);
  });

  test('gathered has the dequantised rows', async () => {
    const { weights, values } = await matrix(type);
    const graph = new Graph({ device: 'cpu', weights });
    const ids = graph.input('ids', 'int64', [1, 'tokens']);
    const rows = await run(graph, quantizedGather(stored(graph, 'rows'), ids), { ids: ints([1, 3], [5, 0, N - 1]) });
    const expected = [5, 0, N - 1].flatMap((id) => [...values.subarray(id * K, (id + 1) * K)]);
    expect(rows).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(Math.abs(rows[i]! - value)).toBeLessThanOrEqual(1e-6);
  });
});

test('a batch with a bias is the same product', async () => {
  const { weights, values } = await matrix('Q4_K');
  const graph = new Graph({ device: 'cpu', weights });
  const x = graph.input('x', 'float32', [2, 3, K]);
  const bias = graph.input('bias', 'float32', [N]);
  const data = normals(6 * K, 8);
  const shift = normals(N, 9);
  const inputs = { x: floats([2, 3, K], data), bias: floats([N], shift) };
  const y = await run(graph, quantizedLinear(x, stored(graph), bias, 'float32'), inputs);
  expect(relativeError(y, data, values, shift)).toBeLessThanOrEqual(1e-6);
});

test('products of one input share the sums over its blocks', async () => {
  const { weights } = await matrix('Q4_K');
  const graph = new Graph({ device: 'cpu', weights });
  const x = graph.input('x', 'float32', [1, K]);
  for (let i = 0; i < 3; i++) quantizedLinear(x, stored(graph), null, 'int8');
  const count = (operator: string): number => graph.nodes.filter((node) => node.operator === operator).length;
  expect([count('MatMulNBits'), count('ReduceSum')]).toEqual([3, 1]);
});

describe('mistakes fall while authoring', () => {
  const graph = new Graph({ device: 'cpu', weights: { label: 'none', find: () => null, names: () => [] } });
  const input = (called: string, ...shape: number[]): Value => graph.input(called, 'float32', shape);
  const x = input('x', 2, 64);
  const floatsForBytes = input('w', 8, 2, 16);
  const scales = input('scales', 8, 2);

  test.each<[string, () => unknown]>([
    [
      'MatMulNBits: weight should be uint8, got w float32 [8, 2, 16]',
      () => matMulNBits(x, floatsForBytes, scales, { bits: 4, block: 32 }, 'int8'),
    ],
    [
      'GatherBlockQuantized: indices should be int64 or int32, got x float32 [2, 64]',
      () => quantizedGather({ packed: floatsForBytes, scales: x, minimums: null, bits: 4, block: 32 }, x),
    ],
  ])('%s', (sentence, act) => {
    expect(act).toThrow(AuthoringError);
    expect(act).toThrow(sentence);
  });

  test('an input of another width', async () => {
    const { weights } = await matrix('Q8_0');
    const wide = new Graph({ device: 'cpu', weights });
    const rows = wide.input('x', 'float32', [1, 256]);
    expect(() => quantizedLinear(rows, stored(wide), null, 'int8')).toThrow(
      `MatMulNBits: input should be [..., 512] for ${name}.packed8:24x16x32 uint8 [24, 16, 32], got x float32 [1, 256]`,
    );
  });

  test('a matrix that its config says to be another', async () => {
    const { weights } = await matrix('Q8_0');
    const graphOfMore = new Graph({ device: 'cpu', weights });
    expect(() => graphOfMore.quantizedMatrix(name, [25, K], 'blocks')).toThrow(
      `Q8_0.gguf: ${name} is [24, 512], its config asks for [25, 512].`,
    );
  });
});
