import { afterAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import type { Sets } from '../../../../native-models/metrics/metric.js';
import { precisionRecall } from '../../../../native-models/metrics/precision-recall.js';
import { between, constant, gaussian, products, reversed, workWith } from './metric-parts.js';

afterAll(() => products.release());

const measure = (sets: Sets) => precisionRecall.measure(sets, workWith());

/** Points on a line. */
const points = (...values: number[]): FeatureSet => FeatureSet.of(Float32Array.from(values), 1);

describe('precision and recall', () => {
  test('count who lies in whose ball, as one can by hand', async () => {
    // Balls reach to the third neighbour: the real ones 0..7 wide 3 at the ends and 2 inside, the far one 92.
    const real = points(0, 1, 2, 3, 4, 5, 6, 7, 100);
    // 200 lies outside of [6 - ..., 192]; 150 and 8 inside. Of the real ones, which generated balls cover is all but none.
    const generated = points(8, 150, 200, 8.5, 9);
    const { measured } = await measure(between(generated, real));
    expect(measured['precision']!.value).toBe(4 / 5);
    // Generated balls: 8 -> 142, 150 -> 142, 200 -> 191.5, 8.5 -> 141.5, 9 -> 141: they reach every real picture.
    expect(measured['recall']!.value).toBe(1);
    expect(measured['precision']!.n).toEqual([5, 9]);
  });

  test('are 1 for the same pictures in any order, and for pictures that are all one', async () => {
    const set = gaussian(60, 12, 1);
    for (const sets of [
      between(set, set),
      between(set, await reversed(set)),
      between(constant(9, 4), constant(7, 4)),
    ]) {
      const { measured } = await measure(sets);
      expect([measured['precision']!.value, measured['recall']!.value]).toEqual([1, 1]);
    }
  });

  test('are 0 for sets far apart, with intervals that do not shrink to nothing', async () => {
    const { measured } = await measure(between(gaussian(40, 4, 1, 100), gaussian(50, 4, 2)));
    for (const id of ['precision', 'recall']) {
      expect(measured[id]).toMatchObject({ value: 0, low: 0, reason: null });
      expect(measured[id]!.high).toBeGreaterThan(0.05);
    }
  });

  test('of pictures huddled in one place are precise and recall little', async () => {
    const one = gaussian(200, 6, 1);
    const huddled = FeatureSet.of(
      Float32Array.from(await one.block(0, 200), (value) => value * 0.2),
      6,
    );
    const { measured } = await measure(between(huddled, gaussian(200, 6, 2)));
    expect(measured['precision']!.value).toBe(1);
    expect(measured['recall']!.value).toBeLessThan(0.5);
    const { low, value, high } = measured['recall']!;
    expect(low! < value! && value! < high!).toBe(true);
  });

  test('have no value for three pictures, nor against statistics, and say why', async () => {
    const { measured } = await measure(between(gaussian(3, 4, 1), gaussian(30, 4, 2)));
    expect(measured['recall']).toMatchObject({
      value: null,
      reason: 'Precision and recall need 4 pictures a side, one has 3.',
    });
    const moments = { mu: new Float64Array(4), sigma: new Float64Array(16) };
    const saved = await measure({
      generated: gaussian(30, 4, 1),
      reference: { kind: 'statistics', moments, n: 5 },
      against: null,
    });
    expect(saved.measured['precision']!.reason).toContain('need the reference pictures');
  });

  test('of two runs are compared on the same draws', async () => {
    const [reference, own] = [gaussian(150, 5, 1), gaussian(150, 5, 2)];
    const other = FeatureSet.of(
      Float32Array.from(await own.block(0, 150), (value) => value + 1),
      5,
    );
    const { measured, differences } = await measure(between(own, reference, other));
    const theirs = await measure(between(other, reference));
    for (const id of ['precision', 'recall']) {
      expect(differences[id]!.value).toBeCloseTo(measured[id]!.value! - theirs.measured[id]!.value!, 12);
      expect(differences[id]!.clear).toBe(true);
    }
    const itself = await measure(between(own, reference, own));
    expect(itself.differences['recall']).toEqual({ value: 0, low: 0, high: 0, clear: false });
  });
});
