import { expect, it } from 'vitest';
import { toPixels } from '../../../../native-models/pipelines/picture-pixels.js';

it('channels become neighbours in each pixel; the half between 127 and 128 goes to the even one', () => {
  const sample = Float32Array.of(-1, 1, 0, -1, 1, 0.5); // [3, 1, 2]: red -1 1, green 0 -1, blue 1 0.5
  expect([...toPixels(sample)]).toEqual([0, 128, 255, 255, 0, 191]);
});

it('what leaves -1..1 is clamped', () => {
  expect([...toPixels(Float32Array.of(-3, 2, 1))]).toEqual([0, 255, 255]);
});
