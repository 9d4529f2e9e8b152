import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import type { Sets, Work } from '../../../../native-models/metrics/metric.js';
import { Pace } from '../../../../native-models/metrics/pace.js';
import { RandomState } from '../../../../native-models/metrics/random-state.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { MatrixProducts } from '../../../../native-models/runtime/matrix-products.js';

export const products = new MatrixProducts();

export const workWith = (change: Partial<Work> = {}): Work => ({
  products,
  pace: new Pace(),
  random: () => new RandomState(7),
  progress: () => undefined,
  intervals: true,
  mode: 'pytorch-fid',
  ...change,
});

/** [rows, columns] of a normal distribution around `shift`; feature j has the deviation 1 / (1 + j / 4). */
export function gaussian(rows: number, columns: number, seed: number, shift = 0): FeatureSet {
  const noise = new TorchGenerator(seed).randn(rows * columns);
  return FeatureSet.of(
    noise.map((value, i) => value / (1 + (i % columns) / 4) + shift),
    columns,
  );
}

/** Every picture the same. */
export const constant = (rows: number, columns: number, value = 1): FeatureSet =>
  FeatureSet.of(new Float32Array(rows * columns).fill(value), columns);

export const between = (generated: FeatureSet, reference: FeatureSet, against: FeatureSet | null = null): Sets => ({
  generated,
  reference: { kind: 'features', set: reference },
  against,
});

/** The same rows, the last one first. */
export async function reversed(set: FeatureSet): Promise<FeatureSet> {
  const order = Array.from({ length: set.rows }, (_, i) => set.rows - 1 - i);
  return FeatureSet.of(Float32Array.from(await set.pick(order)), set.columns);
}
