/** The graph builder: what it refuses while authoring, and what it writes. */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';

import { ModelError } from '../../../../native-models/errors.js';
import { AuthoringError } from '../../../../native-models/onnx/authoring-error.js';
import { Graph } from '../../../../native-models/onnx/graph.js';
import type { Device } from '../../../../native-models/onnx/operator-table.js';
import * as op from '../../../../native-models/onnx/operators/index.js';
import { ModelProtoSchema } from '../../../../native-models/onnx/protobuf/onnx_pb.js';
import type { ModelProto } from '../../../../native-models/onnx/protobuf/onnx_pb.js';
import { Value } from '../../../../native-models/onnx/value.js';
import type { StoredTensor, WeightSource } from '../../../../native-models/onnx/weight-source.js';
import { imaginaryWeights } from '../../../../native-models/onnx/weight-source.js';
import { writeModel } from '../../../../native-models/onnx/write-model.js';

const newGraph = (device: Device = 'cpu', weights: WeightSource = imaginaryWeights): Graph =>
  new Graph({ device, weights });

const stored = (shape: number[], more: Partial<StoredTensor> = {}): StoredTensor => ({
  name: 'w',
  dtype: 'float32',
  dtypeName: 'F32',
  shape,
  file: '/models/unet/weights.safetensors',
  offset: 624,
  byteLength: 4 * shape.reduce((product, size) => product * size, 1),
  ...more,
});

const source = (tensor: StoredTensor | null): WeightSource => ({
  label: 'unet/weights.safetensors',
  find: () => tensor,
  names: () => [],
});

const written = (graph: Graph): NonNullable<ModelProto['graph']> =>
  fromBinary(ModelProtoSchema, writeModel(graph).bytes).graph!;

describe('shapes', () => {
  const graph = newGraph();
  const input = (name: string, ...shape: (number | string)[]): Value => graph.input(name, 'float32', shape);
  const picture = input('picture', 2, 4, 9, 15);
  const tokens = input('tokens', 2, 77, 768);

  test.each<[string, Value, (number | string)[]]>([
    ['broadcasting takes the larger of each axis', op.add(tokens, input('bias', 768)), [2, 77, 768]],
    ['a scalar changes nothing', op.multiply(tokens, 2), [2, 77, 768]],
    ['reshape fills -1', op.reshape(picture, [2, 4, -1]), [2, 4, 135]],
    ['transpose moves axes', op.transpose(tokens, [0, 2, 1]), [2, 768, 77]],
    ['concat adds along its axis', op.concat([picture, picture], 1), [2, 8, 9, 15]],
    ['linear replaces the last axis', op.linear(tokens, input('w', 320, 768)), [2, 77, 320]],
    [
      'convolution of stride 2 rounds up',
      op.convolution(picture, input('k', 8, 4, 3, 3), null, { stride: 2, padding: 1 }),
      [2, 8, 5, 8],
    ],
    ['a symbolic rank passes through', op.linear(tokens, input('down', 'rank', 768)), [2, 77, 'rank']],
    [
      'gather puts rows in place of indices',
      op.gather(input('table', 100, 64), graph.input('ids', 'int64', [2, 5])),
      [2, 5, 64],
    ],
    ['slice cuts an axis', op.slice(tokens, 1, 3, 10), [2, 7, 768]],
  ])('%s', (_, value, shape) => {
    expect(value.shape).toEqual(shape);
  });
});

describe('mistakes fall while authoring and name operator, input, expected and got', () => {
  const graph = newGraph();
  const tokens = graph.input('tokens', 'float32', [2, 77, 768]);
  const picture = graph.input('picture', 'float32', [2, 4, 9, 15]);
  const ids = graph.input('ids', 'int64', [2, 77]);
  const weight = (...shape: number[]): Value => new Value(graph, 'w', 'float32', shape);

  test.each<[string, () => unknown]>([
    [
      'linear: input should be [..., 640] for w float32 [320, 640], got tokens float32 [2, 77, 768]',
      () => op.linear(tokens, weight(320, 640)),
    ],
    ['linear: bias should be [320], got w float32 [3]', () => op.linear(tokens, weight(320, 768), weight(3))],
    [
      'Conv: input should be [B, 9, H, W] for w float32 [320, 9, 3, 3], got picture float32 [2, 4, 9, 15]',
      () => op.convolution(picture, weight(320, 9, 3, 3)),
    ],
    [
      'Conv: input should be of rank 4, got tokens float32 [2, 77, 768]',
      () => op.convolution(tokens, weight(1, 1, 3, 3)),
    ],
    [
      'Add: second input should be broadcastable to tokens float32 [2, 77, 768], got picture float32 [2, 4, 9, 15]',
      () => op.add(tokens, picture),
    ],
    [
      'Add: second input should be int64 like ids int64 [2, 77], got tokens float32 [2, 77, 768]',
      () => op.add(ids, tokens),
    ],
    ['Sigmoid: input should be float32, got ids int64 [2, 77]', () => op.sigmoid(ids)],
    [
      'Reshape: shape should be for the elements of tokens float32 [2, 77, 768], got [2, 77, 767]',
      () => op.reshape(tokens, [2, 77, 767]),
    ],
    [
      'attention: query should be divisible into 7 heads, got tokens float32 [2, 77, 768]',
      () => op.attention(tokens, tokens, tokens, { heads: 7 }),
    ],
    [
      'GroupNorm: input should be divisible into 3 groups of channels, got picture float32 [2, 4, 9, 15]',
      () => op.groupNorm(picture, 3, weight(4, 1, 1), weight(4, 1, 1), 1e-5),
    ],
    ['Split: input should be even along axis -1, got picture float32 [2, 4, 9, 15]', () => op.halve(picture, -1)],
    [
      'Add: input should be a value of this graph, got tokens float32 [2, 77, 768]',
      () => op.add(newGraph().input('x', 'float32', [1]), tokens),
    ],
    ['graph: name should be used once, got tokens', () => graph.input('tokens', 'float32', [1])],
  ])('%s', (sentence, act) => {
    expect(act).toThrow(AuthoringError);
    expect(act).toThrow(sentence);
  });
});

test('an operator without a kernel on the device is refused', () => {
  const graph = newGraph('webgpu');
  const x = graph.input('x', 'float32', [2, 2]);
  expect(() => graph.node('FusedMatMul', [x, x], x)).toThrow(
    'FusedMatMul: device should be one that has a kernel for it, got webgpu',
  );
});

test.each<[Device, string[]]>([
  ['cpu', ['FusedMatMul']],
  ['webgpu', ['Reshape', 'Gemm', 'Reshape']],
])('a linear layer on %s becomes %s', (device, operators) => {
  const graph = newGraph(device);
  op.linear(graph.input('x', 'float32', [2, 77, 768]), graph.input('w', 'float32', [320, 768]));
  expect(graph.nodes.map(({ operator }) => operator)).toEqual(operators);
});

test('attention on WebGPU takes its queries some rows at a time when the scores would be large', () => {
  const graph = newGraph('webgpu');
  const x = graph.input('x', 'float32', [2, 4096, 320]);
  expect(op.attention(x, x, x, { heads: 8 }).shape).toEqual([2, 4096, 320]);
  expect(graph.nodes.filter(({ operator }) => operator === 'Softmax')).toHaveLength(16);
});

describe('weights', () => {
  const ask = (tensor: StoredTensor | null): Value =>
    newGraph('cpu', source(tensor)).weight('conv_in.weight', [320, 4, 3, 3]);

  test('a missing one is one sentence', () => {
    expect(() => ask(null)).toThrow(
      new ModelError(
        'unfit-model',
        'unet/weights.safetensors has no tensor conv_in.weight, which its config asks for.',
      ),
    );
  });

  test('one of another shape is one sentence with both shapes', () => {
    expect(() => ask(stored([320, 9, 3, 3], { name: 'conv_in.weight' }))).toThrow(
      'unet/weights.safetensors: conv_in.weight is [320, 9, 3, 3], its config asks for [320, 4, 3, 3].',
    );
  });

  test('one in a format that networks do not run is one sentence', () => {
    expect(() => ask(stored([320, 4, 3, 3], { name: 'conv_in.weight', dtype: 'other', dtypeName: 'F8_E4M3' }))).toThrow(
      'unet/weights.safetensors: conv_in.weight is stored as F8_E4M3, this network runs F32, F16, BF16 and F64 weights.',
    );
  });

  test('halves are read as float32 through one Cast, however often they are used', () => {
    const graph = newGraph('cpu', source(stored([4], { dtype: 'float16', byteLength: 8 })));
    const [a, b] = [graph.weight('w', [4]), graph.weight('w', [4])];
    expect(a).toBe(b);
    expect(a.dtype).toBe('float32');
    expect(graph.nodes.map(({ operator }) => operator)).toEqual(['Cast']);
  });

  test('they are written as pointers into their file', () => {
    const graph = newGraph('cpu', source(stored([2, 2])));
    graph.output('y', op.multiply(graph.weight('w', [2, 2]), 2));
    const { dataFolder } = writeModel(graph);
    const tensor = written(graph).initializer.find(({ name }) => name === 'w')!;
    expect(dataFolder).toBe('/models/unet');
    expect(Object.fromEntries(tensor.externalData.map(({ key, value }) => [key, value]))).toEqual({
      location: 'weights.safetensors',
      offset: '624',
      length: '16',
    });
    expect(tensor.rawData).toHaveLength(0);
  });
});

describe('writing', () => {
  test('nodes and weights that no output needs are left out', () => {
    const graph = newGraph('cpu', source(stored([2])));
    const x = graph.input('x', 'float32', [2]);
    graph.output('y', op.add(x, 1));
    op.multiply(x, graph.weight('unused', [2]));
    expect(written(graph).node.map(({ opType }) => opType)).toEqual(['Add']);
    expect(written(graph).initializer.some(({ name }) => name === 'unused')).toBe(false);
  });

  test('outputs carry the contract’s names, also two of one value', () => {
    const graph = newGraph();
    const y = op.add(graph.input('x', 'float32', [2]), 1);
    graph.output('first', y);
    graph.output('second', y);
    const { node, output } = written(graph);
    expect(output.map(({ name }) => name)).toEqual(['first', 'second']);
    expect(node.map(({ opType, input, output: names }) => [opType, input[0], names[0]])).toEqual([
      ['Add', 'x', 'first'],
      ['Identity', 'first', 'second'],
    ]);
  });

  test('symbolic axes keep their names', () => {
    const graph = newGraph();
    const x = graph.input('down', 'float32', ['rank', 4]);
    graph.output('y', op.add(x, 1));
    const type = written(graph).input[0]!.type!.value;
    const dims = type.case === 'tensorType' ? type.value.shape!.dim.map(({ value }) => value.value) : [];
    expect(dims).toEqual(['rank', 4n]);
  });

  test('equal constants are stored once', () => {
    const graph = newGraph();
    const x = graph.input('x', 'float32', [2, 2]);
    graph.output('y', op.reshape(op.reshape(x, [4]), [2, 2]));
    op.reshape(x, [4]);
    expect(graph.constants).toHaveLength(2);
  });
});
