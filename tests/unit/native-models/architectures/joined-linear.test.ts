/** Layers of one input in one product: the numbers that each alone gives, whatever of them lies side by side. */
import { describe, expect, test } from 'vitest';

import { joinedLinear } from '../../../../native-models/architectures/joined-linear.js';
import { linear } from '../../../../native-models/architectures/layers.js';
import { Weights } from '../../../../native-models/architectures/weights.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { Graph } from '../../../../native-models/onnx/graph.js';
import type { Value } from '../../../../native-models/onnx/value.js';
import type { WeightSource } from '../../../../native-models/onnx/weight-source.js';
import { openGraph } from '../../../../native-models/runtime/open-graph.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { runnableWeights } from '../../../../native-models/weight-formats/gguf/gguf-weights.js';
import { readGguf } from '../../../../native-models/weight-formats/gguf/read-gguf.js';
import type { WrittenTensor } from '../weight-formats/gguf/gguf-files.js';
import { floatBytes, gguf, scratchFolder } from '../weight-formats/gguf/gguf-files.js';

const scratch = scratchFolder();
const K = 64;
const widths = { q_proj: 24, k_proj: 8, v_proj: 8 };
const M = 3;

/** Blocks of 32 with a scale (and a minimum) of 0.5 and random levels. */
function matrix(part: string, rows: number, type: 'Q4_0' | 'Q4_1' | 'Q8_0'): WrittenTensor {
  const [number, bytesOfBlock, head] = { Q4_0: [2, 18, 2], Q4_1: [3, 20, 4], Q8_0: [8, 34, 2] }[type] as [
    number,
    number,
    number,
  ];
  const blocks = (rows * K) / 32;
  const random = new TorchGenerator(rows).rand(bytesOfBlock * blocks);
  const bytes = Uint8Array.from(random, (value, i) =>
    i % bytesOfBlock < head ? [0x00, 0x38][i % 2]! : Math.floor(value * 256),
  );
  return { name: `blk.0.attn_${part}.weight`, shape: [rows, K], type: number, bytes };
}

async function weightsOf(
  types: readonly ['Q4_0' | 'Q4_1' | 'Q8_0', 'Q4_0' | 'Q4_1', 'Q4_1' | 'Q8_0'],
): Promise<WeightSource> {
  // In the order that files have them, which is not that of the product.
  const tensors = [
    matrix('k', widths.k_proj, types[1]),
    matrix('q', widths.q_proj, types[0]),
    matrix('v', widths.v_proj, types[2]),
    ...Object.entries(widths).map(([name, width]) => ({
      name: `blk.0.attn_${name[0]}.bias`,
      shape: [width],
      type: 0,
      bytes: floatBytes(...new TorchGenerator(width + 1).randn(width)),
    })),
  ];
  const file = await readGguf(await scratch.put(`${types.join(' ')}.gguf`, gguf({ tensors })));
  return runnableWeights(file, { cacheFolder: scratch.path() });
}

async function results(weights: WeightSource, author: (weights: Weights, x: Value) => Record<string, Value>) {
  const graph = new Graph({ device: 'cpu', weights });
  const x = graph.input('x', 'float32', ['rows', K]);
  const values = author(new Weights(graph, 'model.layers.0.self_attn'), x);
  for (const [name, value] of Object.entries(values)) graph.output(name, value);
  const network = await openGraph(graph, { weightsMode: 'fold', packWeights: true });
  const outputs = await network.run({ x: floats([M, K], new TorchGenerator(5).randn(M * K)) });
  await network.release();
  const products = graph.nodes.filter(({ operator }) => operator === 'MatMulNBits').length;
  return { products, layers: graph.adaptableLayers, data: Object.values(outputs).map(({ data }) => data) };
}

describe.each([false, true])('with biases: %s', (bias) => {
  test.each<[string, Parameters<typeof weightsOf>[0], number]>([
    ['of one type are one product', ['Q4_1', 'Q4_1', 'Q4_1'], 1],
    ['of which the last is of another type are two', ['Q4_1', 'Q4_1', 'Q8_0'], 2],
    ['of which the first is of another type are two', ['Q8_0', 'Q4_1', 'Q4_1'], 2],
    ['of which some have no minimums are three', ['Q4_1', 'Q4_0', 'Q4_1'], 3],
  ])('matrices %s', async (_, types, products) => {
    const weights = await weightsOf(types);
    const apart = await results(weights, (at, x) =>
      Object.fromEntries(
        Object.entries(widths).map(([name, width]) => [name, linear(at.at(name), x, width, { bias })]),
      ),
    );
    const together = await results(weights, (at, x) => joinedLinear(at, x, widths, { bias }));
    expect(together.data).toEqual(apart.data);
    expect([apart.products, together.products]).toEqual([3, products]);
    expect(together.layers).toEqual(apart.layers);
  });
});

test('layers that may get branches stay apart', async () => {
  const weights = await weightsOf(['Q4_1', 'Q4_1', 'Q4_1']);
  const graph = new Graph({ device: 'cpu', weights, adapters: true });
  const x = graph.input('x', 'float32', [M, K]);
  const { v_proj } = joinedLinear(new Weights(graph, 'model.layers.0.self_attn'), x, widths, {
    bias: false,
    rows: [1, M],
  });
  expect(v_proj.shape).toEqual([1, M, widths.v_proj]);
  expect(graph.nodes.filter(({ operator }) => operator === 'MatMulNBits')).toHaveLength(3);
});
