import { afterAll, describe, expect, test } from 'vitest';
import { densityCoverage } from '../../../../native-models/metrics/density-coverage.js';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import type { Sets } from '../../../../native-models/metrics/metric.js';
import { between, constant, gaussian, products, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = (sets: Sets) => densityCoverage.measure(sets, workWith());

/** Points on a line. */
const points = (...values: number[]): FeatureSet => FeatureSet.of(Float32Array.from(values), 1);

describe('density and coverage', () => {
  test('count balls as one can by hand', async () => {
    // Radii, to the fifth neighbour: 5, 4, 3, 3, 4, 5.
    const { measured } = await measure(between(points(-4, 2.5), points(0, 1, 2, 3, 4, 5)));
    // -4 lies in the ball of 0 alone (1 is 5 away, its radius is 4); 2.5 in all six.
    expect(measured['density']!.value).toBeCloseTo(7 / (5 * 2), 12);
    expect(measured['coverage']!.value).toBe(1);
  });

  test('of the same pictures are about 1 and 1; touching does not count, so of pictures that are all one 0', async () => {
    const set = gaussian(200, 6, 1);
    const { measured } = await measure(between(set, set));
    expect(measured['coverage']!.value).toBe(1);
    expect(measured['density']!.value).toBeCloseTo(1, 6);
    const { measured: still } = await measure(between(constant(9, 4), constant(9, 4)));
    expect([still['density']!.value, still['coverage']!.value]).toEqual([0, 0]);
    expect(still['coverage']!.high).toBeGreaterThan(0);
  });

  test('of pictures huddled in the middle are dense and cover little', async () => {
    const huddled = FeatureSet.of(
      Float32Array.from(await gaussian(200, 6, 1).block(0, 200), (value) => value / 5),
      6,
    );
    const { measured } = await measure(between(huddled, gaussian(200, 6, 2)));
    expect(measured['density']!.low).toBeGreaterThan(1);
    const { low, value, high } = measured['coverage']!;
    expect(value).toBeLessThan(0.9);
    expect(low! < value! && value! < high!).toBe(true);
  });

  test('have no value for too few pictures, nor against statistics, and say why', async () => {
    const { measured } = await measure(between(gaussian(9, 4, 1), gaussian(5, 4, 2)));
    expect(measured['density']).toMatchObject({
      value: null,
      reason: 'Density and coverage need 6 reference pictures and 2 generated ones.',
    });
    const moments = { mu: new Float64Array(4), sigma: new Float64Array(16) };
    const reference = { kind: 'statistics', moments, n: 9 } as const;
    const saved = await measure({ generated: gaussian(9, 4, 1), reference, against: null });
    expect(saved.measured['coverage']!.reason).toContain('need the reference pictures');
  });

  test('tell two runs apart', async () => {
    const [reference, own] = [gaussian(150, 5, 1), gaussian(150, 5, 2)];
    const other = FeatureSet.of(
      Float32Array.from(await own.block(0, 150), (value) => value + 1),
      5,
    );
    const { measured, differences } = await measure(between(own, reference, other));
    const theirs = await measure(between(other, reference));
    for (const id of ['density', 'coverage']) {
      expect(differences[id]!.value).toBeCloseTo(measured[id]!.value! - theirs.measured[id]!.value!, 10);
      expect(differences[id]!.clear).toBe(true);
    }
  });
});
