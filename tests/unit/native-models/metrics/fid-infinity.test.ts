import { afterAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { fidInfinity } from '../../../../native-models/metrics/fid-infinity.js';
import { fid } from '../../../../native-models/metrics/fid.js';
import type { Reference, Sets } from '../../../../native-models/metrics/metric.js';
import { RandomState } from '../../../../native-models/metrics/random-state.js';
import { between, constant, gaussian, products, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = async (sets: Sets, change = {}) => {
  const { measured, differences } = await fidInfinity.measure(sets, workWith(change));
  return { ...measured['fid_infinity']!, difference: differences['fid_infinity'] };
};

/** What `gaussian` draws from, itself: mean 0, deviations 1 / (1 + j / 4). */
function source(columns: number): Reference {
  const sigma = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) sigma[j * columns + j] = (1 + j / 4) ** -2;
  return { kind: 'statistics', moments: { mu: new Float64Array(columns), sigma }, n: null };
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('FID∞', () => {
  test('is where a line through FIDs of fifteen sizes meets 1/N = 0', async () => {
    const [generated, reference] = [gaussian(160, 6, 1, 0.3), gaussian(90, 6, 2)];
    const sizes = [16, 26, 36, 46, 57, 67, 77, 88, 98, 108, 118, 129, 139, 149, 160];
    const random = new RandomState(7);
    const points: [number, number][] = [];
    for (const size of sizes) {
      const subset = FeatureSet.of(Float32Array.from(await generated.pick(random.choice(160, size))), 6);
      const { measured } = await fid.measure(between(subset, reference), workWith({ intervals: false }));
      points.push([1 / size, measured['fid']!.value!]);
    }
    const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
    const slope =
      mean(points.map(([at, value]) => (at - x) * (value - y))) / mean(points.map(([at]) => (at - x) * (at - x)));
    const { value, details } = await measure(between(generated, reference));
    expect(details['slope']).toBeCloseTo(slope, 8);
    expect(value).toBeCloseTo(y - slope * x, 10);
  });

  test('lies around the true distance, and about 95 of 100 intervals hold it', async () => {
    const [columns, shift, times] = [5, 0.25, 100];
    const truth = columns * shift * shift;
    const values: number[] = [];
    let held = 0;
    for (let time = 0; time < times; time++) {
      const generated = gaussian(150, columns, time, shift);
      const { value, low, high, interval } = await measure({ generated, reference: source(columns), against: null });
      values.push(value!);
      if (low! <= truth && high! >= truth) held++;
      expect(interval).toBe('half samples, 25, and the line’s');
    }
    expect(Math.abs(mean(values) / truth - 1)).toBeLessThan(0.08);
    expect(held).toBeGreaterThan(88);
    expect(held).toBeLessThan(100);
  });

  test('scatters by its deviation where only the subsets change', async () => {
    const sets = { generated: gaussian(300, 5, 1, 0.5), reference: source(5), against: null };
    const told: number[] = [];
    const values: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { value, details } = await measure(sets, { intervals: false, random: () => new RandomState(seed) });
      values.push(value!);
      told.push(details['deviation']!);
    }
    const deviation = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    // 40 values tell a deviation to about 11 %.
    expect(mean(told) / deviation).toBeGreaterThan(0.7);
    expect(mean(told) / deviation).toBeLessThan(1.4);
  });

  test('still reads too high by what the reference’s own number adds', async () => {
    const [columns, times] = [5, 30];
    const excess: number[] = [];
    const told: number[] = [];
    for (let time = 0; time < times; time++) {
      const sets = between(gaussian(400, columns, 2 * time, 0.5), gaussian(60, columns, 2 * time + 1));
      const { value, bias } = await measure(sets, { intervals: false });
      excess.push(value! - columns * 0.25);
      told.push(bias!);
    }
    expect(mean(told)).toBeGreaterThan(0);
    const error = Math.sqrt(mean(excess.map((value) => (value - mean(excess)) ** 2)) / times);
    expect(Math.abs(mean(excess) - mean(told))).toBeLessThan(3 * error);
    const saved = await measure({ generated: gaussian(150, 5, 1), reference: source(5), against: null });
    expect(saved).toMatchObject({ n: [150, null], bias: null });
  });

  test('claims no interval, bias or difference where the smallest set has few pictures for its dimensions', async () => {
    const [reference, against] = [gaussian(100, 12, 2), gaussian(280, 12, 3)];
    const few = await measure(between(gaussian(280, 12, 1, 0.2), reference, against));
    expect(few).toMatchObject({ low: null, high: null, interval: null, bias: null, difference: undefined });
    expect(few.value).toBeGreaterThan(0);
    const enough = await measure(between(gaussian(290, 12, 1, 0.2), reference, gaussian(290, 12, 3)));
    expect(enough.low! < enough.value! && enough.value! < enough.high!).toBe(true);
    expect(enough.difference).toBeDefined();
  });

  test('is the same for the same seed, and without intervals has its value and bias alone', async () => {
    const sets = between(gaussian(160, 6, 1, 0.2), gaussian(80, 6, 2));
    const [one, two] = [await measure(sets), await measure(sets)];
    expect(one).toEqual(two);
    const bare = await measure(sets, { intervals: false });
    expect(bare).toEqual({ ...one, low: null, high: null, interval: null });
  });

  test('tells two runs apart that share their seeds, and ranks none of another size', async () => {
    const reference = gaussian(150, 6, 1);
    const base = gaussian(150, 6, 2, 0.3);
    const other = FeatureSet.of(
      Float32Array.from(await base.block(0, 150), (value) => value + 0.05),
      6,
    );
    const own = await measure(between(base, reference, other));
    const theirs = await measure(between(other, reference));
    expect(own.difference!.value).toBeCloseTo(own.value! - theirs.value!, 10);
    expect(own.difference!.clear).toBe(true);
    expect(own.high!).toBeGreaterThan(theirs.low!);
    const alike = await measure(between(base, reference, gaussian(150, 6, 3, 0.3)));
    expect(alike.difference!.clear).toBe(false);
    expect((await measure(between(base, reference, gaussian(149, 6, 3)))).difference).toBeUndefined();
  });

  test('of one picture, and against one, is no number and says why', async () => {
    expect(await measure(between(gaussian(1, 8, 1), gaussian(80, 8, 2)))).toMatchObject({
      value: null,
      reason: 'FID∞ is a line through 15 sizes of sets: it needs 16 pictures, not 1.',
    });
    expect((await measure(between(gaussian(16, 8, 1), gaussian(80, 8, 2)))).value).not.toBeNull();
    expect(await measure(between(gaussian(16, 8, 1), gaussian(1, 8, 2)))).toMatchObject({
      value: null,
      reason: 'FID∞ needs two reference pictures: one alone has no spread.',
    });
  });

  test('of constant features is exact, and of a set against itself below 0', async () => {
    const still = await measure(between(constant(150, 5, 1), constant(30, 5, 3)));
    expect([still.value, still.low, still.high]).toEqual([20, 20, 20].map((value) => expect.closeTo(value, 10)));
    expect(still.bias).toBe(0);
    const set = gaussian(200, 5, 1);
    const same = await measure(between(set, set));
    // Its own subsets come to 0 at N, not beyond.
    expect(same.value).toBeLessThan(0);
    expect([same.low, same.high, ...Object.values(same.details)].every(Number.isFinite)).toBe(true);
  });

  test('refuses features that are not numbers', async () => {
    const broken = FeatureSet.of(new Float32Array(160 * 8).fill(Number.NaN), 8);
    await expect(measure(between(broken, gaussian(20, 8, 2)))).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
