import { describe, expect, test } from 'vitest';
import { captionScores, clipScore, clipScorePaper } from '../../../../native-models/metrics/clip-score.js';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import type { Captioned } from '../../../../native-models/metrics/metric.js';

/** Pictures whose cosines with their captions are given. */
function withCosines(cosines: readonly number[], captions = cosines.map((_, i) => i), prefixed = true): Captioned {
  const pictures = FeatureSet.of(
    Float32Array.from(cosines.flatMap((cosine) => [3 * cosine, 3 * Math.sqrt(1 - cosine * cosine)])),
    2,
  );
  const texts = FeatureSet.of(Float32Array.from(cosines.flatMap(() => [0.5, 0])), 2);
  return { pictures, texts, prefixed: prefixed ? texts : null, captions };
}

const clip = async (captioned: Captioned, against: Captioned | null = null) => {
  const { measured, differences } = await clipScore.measure(captioned, against);
  return { ...measured['clip']!, difference: differences['clip'] };
};

describe('CLIP score', () => {
  test('is 100 times the mean cosine, with Student’s interval over captions', async () => {
    const { value, low, high, interval, n } = await clip(withCosines([0.2, 0.3, 0.25]));
    expect(value).toBeCloseTo(25, 5);
    // t(2) = 4.302653, deviation 5, root of 3
    expect(high! - value!).toBeCloseTo((4.302653 * 5) / Math.sqrt(3), 4);
    expect(value! - low!).toBeCloseTo(high! - value!, 10);
    expect([interval, n]).toEqual(['Student’s t over captions', [3, null]]);
  });

  test('averages the pictures of a caption before its interval is made', async () => {
    const seeds = await clip(withCosines([0.1, 0.3, 0.2, 0.4], [7, 7, 9, 9]));
    const means = await clip(withCosines([0.2, 0.3], [7, 9]));
    expect(seeds.value).toBeCloseTo(means.value!, 5);
    expect(seeds.high).toBeCloseTo(means.high!, 4);
    const unequal = await clip(withCosines([0.1, 0.1, 0.1, 0.4], [1, 1, 1, 2]));
    expect(unequal.value).toBeCloseTo(17.5, 5);
    expect(unequal.high! - unequal.value!).toBeGreaterThan(0);
  });

  test('is not below 0, as torchmetrics has it, while single pictures may be', async () => {
    const captioned = withCosines([-0.3, -0.1, 0.1]);
    expect(await clip(captioned)).toMatchObject({ value: 0, low: 0 });
    expect((await captionScores(captioned))[0]).toBeCloseTo(-30, 5);
  });

  test('on the paper’s scale cuts each picture off at 0 and needs prefixed captions', async () => {
    const { measured } = await clipScorePaper.measure(withCosines([-0.3, 0.3]), null);
    expect(measured['clip_paper']!.value).toBeCloseTo((2.5 * 0.3) / 2, 6);
    const without = await clipScorePaper.measure(withCosines([0.3], [0], false), null);
    expect(without.measured['clip_paper']).toMatchObject({
      value: null,
      reason: 'clip_paper needs captions with “A photo depicts” before them.',
    });
    expect(clipScorePaper.gives[0]!.captionPrefix).toBe('A photo depicts ');
  });

  test('of one caption has no interval, of none no value', async () => {
    expect(await clip(withCosines([0.2, 0.3], [4, 4]))).toMatchObject({ low: null, high: null, interval: null });
    expect(await clip(withCosines([]))).toMatchObject({ value: null, reason: 'No picture has a caption.' });
  });

  test('of vectors without length is 0, of broken ones no number but a reason', async () => {
    const broken = withCosines([0.2, 0.3]);
    const nothing = { ...broken, pictures: FeatureSet.of(new Float32Array(4), 2) };
    expect(await clip(nothing)).toMatchObject({ value: 0, low: 0, high: 0 });
    const notNumbers = { ...broken, pictures: FeatureSet.of(new Float32Array(4).fill(Number.NaN), 2) };
    expect(await clip(notNumbers)).toMatchObject({ value: null, reason: expect.stringContaining('not finite') });
  });

  test('of two runs is compared caption by caption', async () => {
    const hard = [0.1, 0.2, 0.3, 0.4, 0.15];
    const better = hard.map((cosine, i) => cosine + 0.02 + 0.001 * i);
    const { difference, low } = await clip(withCosines(better), withCosines(hard));
    expect(difference!.value).toBeCloseTo(2.2, 3);
    expect(difference!.clear).toBe(true);
    expect(low!).toBeLessThan(23); // far wider than the difference
    const others = await clip(withCosines(better), withCosines(hard, [1, 2, 3, 4, 5]));
    expect(others.difference).toBeUndefined();
    expect((await clip(withCosines(better), withCosines(hard.slice(1)))).difference).toBeUndefined();
  });
});
