import { afterAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { fid } from '../../../../native-models/metrics/fid.js';
import type { Sets } from '../../../../native-models/metrics/metric.js';
import { momentsOf } from '../../../../native-models/metrics/moments.js';
import { Pace } from '../../../../native-models/metrics/pace.js';
import { between, constant, gaussian, products, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = async (sets: Sets, change = {}) => {
  const { measured, differences } = await fid.measure(sets, workWith(change));
  return { ...measured['fid']!, difference: differences['fid'] };
};

/** Shift of every feature; the true distance is columns x shift^2. */
const [columns, shift] = [16, 0.25];
const truth = columns * shift * shift;

describe('FID', () => {
  test('taken off its bias lies around the truth, and its interval has the right width', async () => {
    const [n, times] = [150, 24];
    const plain: number[] = [];
    const corrected: number[] = [];
    const halves: number[] = [];
    for (let time = 0; time < times; time++) {
      const sets = between(gaussian(n, columns, 2 * time, shift), gaussian(n, columns, 2 * time + 1));
      const { value, high, details, interval } = await measure(sets);
      plain.push(value!);
      corrected.push(details['corrected']!);
      halves.push(high! - value!);
      expect(interval).toBe('half samples, 25');
    }
    const mean = (values: number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = Math.sqrt(mean(plain.map((value) => (value - mean(plain)) ** 2)));
    expect(mean(plain)).toBeGreaterThan(truth * 1.08);
    expect(Math.abs(mean(corrected) / truth - 1)).toBeLessThan(0.08);
    // 24 values tell a deviation to about 15 %.
    expect(mean(halves) / 1.96 / deviation).toBeGreaterThan(0.65);
    expect(mean(halves) / 1.96 / deviation).toBeLessThan(1.5);
  });

  test('has the interval around its plain value, and the same one for the same seed', async () => {
    const sets = between(gaussian(60, 8, 1, 0.2), gaussian(80, 8, 2));
    const [one, two] = [await measure(sets), await measure(sets)];
    expect(one).toEqual(two);
    expect(one.low! < one.value! && one.value! < one.high!).toBe(true);
    expect(one.bias).toBeGreaterThan(0);
    expect(one.details['corrected']).toBeLessThan(one.value!);
  });

  test('with fewer pictures than dimensions is corrected by too little, and claims no interval for that', async () => {
    // Two samples of one Gaussian: the truth is 0.
    const { value, details, bias } = await measure(between(gaussian(40, 120, 1), gaussian(40, 120, 2)));
    expect(Object.keys(details)).toEqual(['corrected']);
    expect(details['corrected']).toBeGreaterThan(0);
    expect(details['corrected']).toBeLessThan(value!);
    expect(bias).toBeGreaterThan(value! / 2);
  });

  test('of subsamples agrees with that of half samples about the same sets', async () => {
    // 2,400 pictures: subsamples of 1,000 instead of halves.
    const sets = between(gaussian(2400, 6, 1, 0.2), gaussian(2400, 6, 2));
    const { interval, value, low, high, details } = await measure(sets);
    expect(interval).toBe('subsamples of 1000, 25');
    expect(details['corrected']).toBeLessThan(value!);
    expect(high! - low!).toBeLessThan(0.5 * value!);
  });

  test('without intervals has its value and bias alone', async () => {
    const { value, low, high, interval, bias, details } = await measure(
      between(gaussian(60, 8, 1), gaussian(80, 8, 2)),
      { intervals: false },
    );
    expect({ low, high, interval, details }).toEqual({ low: null, high: null, interval: null, details: {} });
    expect(value).toBeGreaterThan(0);
    expect(bias).toBeGreaterThan(0);
  });

  test('against statistics is the same, with the bias of the generated side alone where they tell no number', async () => {
    const [generated, reference] = [gaussian(60, 8, 1, 0.2), gaussian(500, 8, 2)];
    const moments = await momentsOf(reference, products, new Pace());
    const whole = await measure(between(generated, reference));
    const saved = await measure({ generated, reference: { kind: 'statistics', moments, n: null }, against: null });
    const counted = await measure({ generated, reference: { kind: 'statistics', moments, n: 500 }, against: null });
    expect(saved.value).toBeCloseTo(whole.value!, 9);
    expect(saved.n).toEqual([60, null]);
    expect(counted.n).toEqual([60, 500]);
    expect(saved.bias! * (1 + 60 / 500)).toBeCloseTo(counted.bias!, 10);
    expect(saved.low).not.toBeNull();
  });

  test('tells two runs apart that share their seeds, although their own intervals overlap', async () => {
    const reference = gaussian(150, 8, 1);
    const base = gaussian(150, 8, 2, 0.3);
    const other = FeatureSet.of(
      Float32Array.from(await base.block(0, 150), (value) => value + 0.05),
      8,
    );
    const own = await measure(between(base, reference, other));
    const theirs = await measure(between(other, reference));
    expect(own.difference!.value).toBeCloseTo(own.value! - theirs.value!, 10);
    expect(own.difference!.clear).toBe(true);
    expect(own.high!).toBeGreaterThan(theirs.low!);
    const same = await measure(between(base, reference, gaussian(150, 8, 3, 0.3)));
    expect(same.difference!.clear).toBe(false);
  });

  test('of one picture a side is no number, and says so', async () => {
    expect(await measure(between(gaussian(1, 8, 1), gaussian(80, 8, 2)))).toMatchObject({
      value: null,
      reason: 'FID needs two pictures a side: one alone has no spread.',
    });
  });

  test('of two pictures, of constant features and of identical sets is a number', async () => {
    const two = await measure(between(gaussian(2, 300, 1), gaussian(2, 300, 2)));
    expect(two.value).toBeGreaterThan(0);
    expect(two.interval).toBeNull();
    const still = await measure(between(constant(20, 5, 1), constant(30, 5, 3)));
    expect(still).toMatchObject({ value: 20, bias: 0, low: 20, high: 20 });
    const set = gaussian(50, 80, 1);
    const same = await measure(between(set, set));
    expect(Math.abs(same.value!)).toBeLessThan(1e-9);
    expect(Object.values(same.details).every(Number.isFinite)).toBe(true);
  });

  test.each([
    ['few pictures', 50, 80],
    ['many pictures', 300, 20],
  ])('of a set of %s against itself has neither bias nor interval', async (_, n, width) => {
    const set = gaussian(n, width, 1);
    const { value, low, high, bias, interval, details } = await measure(between(set, set));
    expect(Math.abs(value!)).toBeLessThan(1e-6);
    expect({ low, high, bias, interval, details }).toEqual({
      ...{ low: null, high: null, bias: null, interval: null, details: {} },
    });
  });

  test('has an interval that ends at 0 at the lowest', async () => {
    // All pictures but one are the same: the distance is small, and what half samples show is wider.
    const set = gaussian(60, 80, 1);
    const rows = await set.block(0, 60);
    const other = FeatureSet.of(
      Float32Array.from([...rows.subarray(0, 59 * 80), ...(await gaussian(1, 80, 2).block(0, 1))]),
      80,
    );
    const { value, low, high } = await measure(between(set, other));
    expect(value).toBeGreaterThan(0);
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(value!);
  });

  test('refuses features that are not numbers', async () => {
    const broken = FeatureSet.of(new Float32Array(80).fill(Number.NaN), 8);
    await expect(measure(between(broken, gaussian(20, 8, 2)))).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
