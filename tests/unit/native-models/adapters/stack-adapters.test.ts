import { expect, test } from 'vitest';
import type { LowRankPair } from '../../../../native-models/adapters/low-rank-pairs.js';
import { AdapterStack, type WeightedPair } from '../../../../native-models/adapters/stack-adapters.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { seeded } from '../../../parity/seeded-weights.js';

const linear: AdaptableLayer = { path: 'mid.to_q', kind: 'linear', inFeatures: 5, outFeatures: 7, kernel: null };
const conv: AdaptableLayer = { path: 'mid.conv1', kind: 'conv', inFeatures: 3, outFeatures: 4, kernel: [3, 3] };

const columnsOf = ({ inFeatures, kernel }: AdaptableLayer): number => inFeatures * (kernel ? kernel[0] * kernel[1] : 1);

function pair(layer: AdaptableLayer, rank: number, scale: number): LowRankPair {
  const name = `${layer.path} ${rank}`;
  return {
    rank,
    scale,
    down: seeded(`${name} down`, [rank, columnsOf(layer)]),
    up: seeded(`${name} up`, [layer.outFeatures, rank]),
  };
}

const weighted = (layer: AdaptableLayer, rank: number, scale: number, strength: number): WeightedPair => ({
  layer,
  pair: pair(layer, rank, scale),
  strength,
});

/** up · down, [out, in · kh · kw]. */
function product(up: ArrayLike<number>, down: ArrayLike<number>, rank: number, columns: number): number[] {
  const rows = up.length / rank;
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += up[row * rank + r]! * down[r * columns + column]!;
    return sum;
  });
}

test.each([linear, conv])('the stack of two adapters multiplies to the sum of what each does: $kind', (layer) => {
  const parts = [weighted(layer, 2, 0.5, 0.8), weighted(layer, 3, 2, -1.5)];
  const inputs = new AdapterStack().inputs(parts);
  const down = inputs[`lora.${layer.path}.down`]!;
  const up = inputs[`lora.${layer.path}.up`]!;
  expect(down.shape).toEqual([5, layer.inFeatures, ...(layer.kernel ?? [])]);
  expect(up.shape).toEqual([layer.outFeatures, 5]);
  const columns = columnsOf(layer);
  const got = product(up.data as Float32Array, down.data as Float32Array, 5, columns);
  const each = parts.map(({ pair: { rank, scale, ...halves }, strength }) =>
    product(halves.up, halves.down, rank, columns).map((value) => strength * scale * value),
  );
  got.forEach((value, i) => expect(value).toBeCloseTo(each[0]![i]! + each[1]![i]!, 5));
});

test('a strength of 0 leaves an adapter out, and a layer that only it changes', () => {
  const parts = [weighted(linear, 2, 1, 0), weighted(linear, 3, 1, 1), weighted(conv, 2, 1, 0)];
  const inputs = new AdapterStack().inputs(parts);
  expect(Object.keys(inputs)).toEqual(['lora.mid.to_q.down', 'lora.mid.to_q.up']);
  expect(inputs['lora.mid.to_q.up']!.shape).toEqual([7, 3]);
});

test('a slider that moves scales `up` and leaves `down` as it is', () => {
  const [one, two] = [weighted(linear, 2, 0.5, 1), weighted(linear, 3, 1, 1)];
  const stack = new AdapterStack();
  const down = stack.inputs([one, two])['lora.mid.to_q.down'];
  const moved = [one, { ...two, strength: -0.25 }];
  const inputs = stack.inputs(moved);
  expect(inputs['lora.mid.to_q.down']!.data).toBe(down!.data);
  expect(inputs).toEqual(new AdapterStack().inputs(moved));
});

test('another adapter on the same layer is stacked anew, and taken off again leaves no trace', () => {
  const [one, two] = [weighted(linear, 2, 0.5, 1), weighted(linear, 3, 1, 1)];
  const stack = new AdapterStack();
  stack.inputs([one]);
  expect(stack.inputs([one, two])).toEqual(new AdapterStack().inputs([one, two]));
  expect(stack.inputs([two])).toEqual(new AdapterStack().inputs([two]));
  expect(stack.inputs([])).toEqual({});
});
