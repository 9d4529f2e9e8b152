import { afterAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { kid } from '../../../../native-models/metrics/kid.js';
import type { Sets } from '../../../../native-models/metrics/metric.js';
import { between, constant, gaussian, products, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = async (sets: Sets, change = {}) => {
  const { measured, differences } = await kid.measure(sets, workWith(change));
  return { ...measured['kid']!, difference: differences['kid'] };
};

/** The definition, pair by pair. */
async function byPairs(x: FeatureSet, y: FeatureSet, leftOut: { x?: number; y?: number } = {}): Promise<number> {
  const rows = async (set: FeatureSet, without: number | undefined) =>
    Promise.all(
      Array.from({ length: set.rows }, (_, i) => i)
        .filter((i) => i !== without)
        .map((i) => set.block(i, i + 1)),
    );
  const [a, b] = [await rows(x, leftOut.x), await rows(y, leftOut.y)];
  const k = (u: Float64Array, v: Float64Array): number =>
    (u.reduce((sum, value, i) => sum + value * v[i]!, 0) / u.length + 1) ** 3;
  const sum = (us: Float64Array[], vs: Float64Array[]): number =>
    us.reduce((total, u) => total + vs.reduce((part, v) => part + (u === v ? 0 : k(u, v)), 0), 0);
  const [n, m] = [a.length, b.length];
  return sum(a, a) / (n * (n - 1)) + sum(b, b) / (m * (m - 1)) - (2 * sum(a, b)) / (n * m);
}

describe('KID', () => {
  test('is the mean over pairs, and its interval that of leaving each picture out', async () => {
    const [x, y] = [gaussian(12, 6, 1, 0.3), gaussian(9, 6, 2)];
    const { value, low, high, interval } = await measure(between(x, y));
    expect(value).toBeCloseTo(await byPairs(x, y), 12);
    const variance = (values: number[]): number => {
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      return ((values.length - 1) / values.length) * values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    };
    const withoutX = await Promise.all(Array.from({ length: 12 }, (_, i) => byPairs(x, y, { x: i })));
    const withoutY = await Promise.all(Array.from({ length: 9 }, (_, j) => byPairs(x, y, { y: j })));
    const half = 1.959963984540054 * Math.sqrt(variance(withoutX) + variance(withoutY));
    expect([low, high]).toEqual([expect.closeTo(value! - half, 12), expect.closeTo(value! + half, 12)]);
    expect(interval).toBe('jackknife');
  });

  test('holds what it estimates in about 95 of 100 intervals', async () => {
    let held = 0;
    for (let time = 0; time < 100; time++) {
      // Both sets of one distribution: KID is 0.
      const { low, high } = await measure(between(gaussian(60, 8, 2 * time), gaussian(60, 8, 2 * time + 1)));
      if (low! <= 0 && high! >= 0) held++;
    }
    expect(held).toBeGreaterThan(88);
  });

  test('of the same pictures twice is at or below 0 and shown as it is', async () => {
    const set = gaussian(40, 8, 1);
    const { value, reason } = await measure(between(set, set));
    expect(value).toBeLessThan(0);
    expect(reason).toBeNull();
  });

  test('of constant features is 0, with an interval of no width', async () => {
    expect(await measure(between(constant(5, 4), constant(6, 4)))).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  test('has no value for two pictures, nor against statistics, and says why', async () => {
    expect(await measure(between(gaussian(2, 4, 1), gaussian(9, 4, 2)))).toMatchObject({
      value: null,
      reason: 'KID needs 3 pictures a side, one has 2.',
    });
    const moments = { mu: new Float64Array(4), sigma: new Float64Array(16) };
    const reference = { kind: 'statistics', moments, n: null } as const;
    expect(await measure({ generated: gaussian(9, 4, 1), reference, against: null })).toMatchObject({
      value: null,
      reason: expect.stringContaining('statistics are for FID alone'),
      n: [9, null],
    });
  });

  test('tells two runs apart on the pictures they share, better than their intervals do', async () => {
    const reference = gaussian(200, 8, 1);
    const base = gaussian(200, 8, 2, 0.1);
    // The same pictures, each a bit further away.
    const other = FeatureSet.of(
      Float32Array.from(await base.block(0, 200), (value) => value + 0.05),
      8,
    );
    const { value, low, high, difference } = await measure(between(base, reference, other));
    const { value: theirs } = await measure(between(other, reference));
    expect(difference!.value).toBeCloseTo(value! - theirs!, 12);
    expect(difference).toMatchObject({ clear: true });
    expect(difference!.high - difference!.low).toBeLessThan(high! - low!);
  });

  test('ranks nothing where the other run has another number of pictures', async () => {
    const sets = between(gaussian(20, 4, 1), gaussian(20, 4, 2), gaussian(19, 4, 3));
    expect((await measure(sets)).difference).toBeUndefined();
  });

  test('takes disjoint blocks of very many pictures, and stays unbiased', async () => {
    const { value, low, high, interval } = await measure(between(gaussian(10_200, 2, 1, 0.5), gaussian(10_100, 2, 2)));
    expect(interval).toBe('jackknife, 2 blocks');
    // k is a polynomial, so its mean over the Gaussians themselves is known: moments of x . y / 2.
    const exact = expectedKid(0.5);
    expect(low).toBeLessThan(exact);
    expect(high).toBeGreaterThan(exact);
    expect(value).toBeGreaterThan(0);
  });

  test('over torch-fidelity’s subsets is told in its mode only, and from 1000 pictures on', async () => {
    const [x, y] = [gaussian(1000, 4, 1, 0.2), gaussian(1001, 4, 2)];
    expect((await measure(between(x, y))).details).toEqual({});
    const { details, value } = await measure(between(x, y), { mode: 'torch-fidelity' });
    // All 1000 pictures are in every subset of the first set, all but one of the second.
    expect(details['subsetsMean']).toBeCloseTo(value!, 3);
    expect(Object.keys(details)).toEqual(['subsetsMean', 'subsetsDeviation']);
    const few = await measure(between(gaussian(999, 4, 1), y), { mode: 'torch-fidelity' });
    expect(few.details).toEqual({});
  });
});

/** KID of N(shift, S) against N(0, S) with S = diag(1, 0.64), by quadrature of independent copies. */
function expectedKid(shift: number): number {
  const deviations = [1, 0.8];
  // E (p + 1)^3 for p = x . y / 2 with independent x, y: from E p, E p^2, E p^3.
  const mean = (a: number, b: number): number => {
    const firsts = deviations.map(() => a * b);
    const seconds = deviations.map((s) => (s * s + a * a) * (s * s + b * b));
    const thirds = deviations.map((s) => (a ** 3 + 3 * a * s * s) * (b ** 3 + 3 * b * s * s));
    const [f0, f1] = firsts as [number, number];
    const [s0, s1] = seconds as [number, number];
    const [t0, t1] = thirds as [number, number];
    const p1 = (f0 + f1) / 2;
    const p2 = (s0 + s1 + 2 * f0 * f1) / 4;
    const p3 = (t0 + t1 + 3 * s0 * f1 + 3 * f0 * s1) / 8;
    return p3 + 3 * p2 + 3 * p1 + 1;
  };
  return mean(shift, shift) + mean(0, 0) - 2 * mean(shift, 0);
}
