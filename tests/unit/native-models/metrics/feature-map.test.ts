import { afterAll, describe, expect, test } from 'vitest';
import { featurePlane } from '../../../../native-models/metrics/feature-map.js';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { jacobiEigenpairs } from '../../../../native-models/metrics/linear-algebra/jacobi.js';
import { nearestReferences } from '../../../../native-models/metrics/nearest-neighbours.js';
import { Pace } from '../../../../native-models/metrics/pace.js';
import { RandomState } from '../../../../native-models/metrics/random-state.js';
import { constant, gaussian, products } from './metric-parts.js';

afterAll(() => products.release());

const plane = (a: FeatureSet, b: FeatureSet) =>
  featurePlane(a, b, { products, pace: new Pace(), random: new RandomState(1) });

describe('the map of both sets', () => {
  test('lays what differs most along the first axis, and tells its share', async () => {
    const near = gaussian(80, 40, 1);
    const far = FeatureSet.of(
      Float32Array.from(await gaussian(90, 40, 2).block(0, 90), (value) => value + 3),
      40,
    );
    const { generated, reference, shares } = await plane(near, far);
    expect([generated.length, reference.length]).toEqual([80, 90]);
    // Features of the far set are larger, and the largest part of an axis is positive.
    expect(Math.max(...generated.map(({ x }) => x))).toBeLessThan(Math.min(...reference.map(({ x }) => x)));
    expect(shares[0]).toBeGreaterThan(0.9);
    expect(shares[0] + shares[1]).toBeLessThan(1);
    const all = [...generated, ...reference];
    const squares = all.reduce((sum, { x }) => sum + x * x, 0) / all.length;
    expect(squares).toBeCloseTo(1, 6);
    expect(generated.map(({ index }) => index)).toEqual(Array.from({ length: 80 }, (_, i) => i));
  });

  test('has the variance of the two largest eigenvalues of the covariance', async () => {
    const [a, b] = [gaussian(120, 6, 1), gaussian(100, 6, 2)];
    const rows = [...(await a.block(0, 120)), ...(await b.block(0, 100))];
    const mean = Array.from({ length: 6 }, (_, j) => rows.reduce((sum, v, i) => sum + (i % 6 === j ? v : 0), 0) / 220);
    const covariance = new Float64Array(36);
    for (let i = 0; i < rows.length; i += 6) {
      for (let j = 0; j < 36; j++) {
        covariance[j]! +=
          (rows[i + Math.floor(j / 6)]! - mean[Math.floor(j / 6)]!) * (rows[i + (j % 6)]! - mean[j % 6]!);
      }
    }
    const { values } = jacobiEigenpairs(covariance, 6);
    const total = values.reduce((sum, value) => sum + value, 0);
    const { shares } = await plane(a, b);
    expect(shares[0]).toBeCloseTo(values[0]! / total, 6);
    expect(shares[1]).toBeCloseTo(values[1]! / total, 6);
  });

  test('of more than 2,000 pictures shows 2,000, the same ones each time', async () => {
    const [a, b] = [gaussian(2500, 3, 1), gaussian(20, 3, 2)];
    const one = await plane(a, b);
    expect(one.generated).toHaveLength(2000);
    expect(new Set(one.generated.map(({ index }) => index)).size).toBe(2000);
    expect(await plane(a, b)).toEqual(one);
  });

  test('of pictures that are all one, of one feature and of one picture is drawn without a NaN', async () => {
    for (const [a, b] of [
      [constant(4, 5), constant(3, 5)],
      [gaussian(9, 1, 1), gaussian(9, 1, 2)],
      [gaussian(1, 4, 1), gaussian(1, 4, 2)],
    ] as const) {
      const { generated, reference, shares } = await plane(a, b);
      const numbers = [...generated, ...reference].flatMap(({ x, y }) => [x, y]);
      expect([...numbers, ...shares].every(Number.isFinite)).toBe(true);
    }
    expect((await plane(constant(4, 5), constant(3, 5))).shares).toEqual([0, 0]);
  });
});

describe('nearest pictures', () => {
  test('are those at the smallest distance, nearest first, with equal ones at 0', async () => {
    const generated = FeatureSet.of(Float32Array.of(0, 0, 10, 0, 3, 4), 2);
    const reference = FeatureSet.of(Float32Array.of(9, 0, 0, 0, 100, 100), 2);
    const told: number[] = [];
    const found = await nearestReferences(generated, reference, { products, pace: new Pace() }, (part) =>
      told.push(part),
    );
    expect(found).toEqual([
      { index: 0, reference: 1, distance: 0 },
      { index: 1, reference: 0, distance: expect.closeTo(1, 10) },
      { index: 2, reference: 1, distance: expect.closeTo(5, 10) },
    ]);
    expect(told.at(-1)).toBe(1);
  });
});
