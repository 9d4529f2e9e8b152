import { afterAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { vendi } from '../../../../native-models/metrics/vendi.js';
import { between, constant, gaussian, products, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = async (set: FeatureSet, against: FeatureSet | null = null) => {
  const { measured, differences } = await vendi.measure(between(set, constant(2, set.columns), against), workWith());
  return { ...measured['vendi']!, difference: differences['vendi'] };
};

describe('the Vendi score', () => {
  test('of its authors’ example is 2.1573', async () => {
    // Vectors whose cosines are 0.9, 0 and 0, of lengths that do not matter.
    const set = FeatureSet.of(Float32Array.of(2, 0, 0, 0.9, Math.sqrt(1 - 0.81), 0, 0, 0, 5), 3);
    expect((await measure(set)).value).toBeCloseTo(2.1573, 4);
  });

  test('counts pictures at right angles, and copies once', async () => {
    for (const n of [5, 40]) {
      const identity = new Float32Array(n * n);
      for (let i = 0; i < n; i++) identity[i * n + i] = i + 1;
      expect((await measure(FeatureSet.of(identity, n))).value).toBeCloseTo(n, 10);
      const twice = new Float32Array(2 * n * n);
      twice.set(identity);
      twice.set(identity, n * n);
      expect((await measure(FeatureSet.of(twice, n))).value).toBeCloseTo(n, 10);
    }
    const { value, low, high } = await measure(constant(30, 7));
    expect([value, low, high]).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 10)));
  });

  test('is the same from pictures x pictures as from dimensions x dimensions', async () => {
    const set = gaussian(20, 30, 1);
    const wide = FeatureSet.of(
      Float32Array.from({ length: 20 * 15 }, (_, i) => Math.sin(i * i)),
      15,
    );
    const padded = new Float32Array(20 * 25);
    for (let i = 0; i < 20; i++) padded.set(Float32Array.from(await wide.block(i, i + 1)), i * 25);
    expect((await measure(wide)).value).toBeCloseTo((await measure(FeatureSet.of(padded, 25))).value!, 10);
    expect((await measure(set)).value).toBeGreaterThan(1);
  });

  test('has an interval around it and tells a run of less variety apart', async () => {
    const varied = gaussian(120, 10, 1);
    const huddled = FeatureSet.of(
      Float32Array.from(await varied.block(0, 120), (value, i) => value + (i % 10 === 0 ? 3 : 0)),
      10,
    );
    const { value, low, high, interval, difference } = await measure(varied, huddled);
    expect(low! < value! && value! < high!).toBe(true);
    expect(interval).toBe('half samples, 25');
    expect(difference!.clear).toBe(true);
    expect(difference!.value).toBeCloseTo(value! - (await measure(huddled)).value!, 10);
  });

  test('of pictures that point nowhere, and of none, is no number and says why', async () => {
    expect(await measure(constant(9, 3, 0))).toMatchObject({ value: null, reason: expect.stringContaining('all 0') });
    expect(await measure(FeatureSet.of(new Float32Array(0), 3))).toMatchObject({ reason: 'There are no pictures.' });
    expect(await measure(gaussian(1, 3, 1))).toMatchObject({ value: expect.closeTo(1, 10), interval: null });
  });
});
