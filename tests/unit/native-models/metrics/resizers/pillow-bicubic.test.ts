/** What Pillow's own pictures (tests/parity/clip.test.ts) do not show: that inputs stay as they are, and the ends. */
import { expect, test } from 'vitest';

import type { RgbPicture } from '../../../../../native-models/metrics/resizers/rgb-picture.js';
import { resizeBicubic } from '../../../../../native-models/metrics/resizers/pillow-bicubic.js';

const flat = (width: number, height: number, level: number): RgbPicture => ({
  rgb: new Uint8Array(width * height * 3).fill(level),
  width,
  height,
});

test.each([
  [1, 1],
  [3, 200],
  [97, 5],
])('a picture of one colour keeps it at %i x %i', (width, height) => {
  for (const level of [0, 1, 128, 255]) {
    expect(resizeBicubic(flat(17, 31, level), width, height)).toEqual(flat(width, height, level));
  }
});

test('a single pixel grows to any size', () => {
  const pixel = { rgb: Uint8Array.of(10, 200, 30), width: 1, height: 1 };
  const { rgb } = resizeBicubic(pixel, 3, 2);
  expect([...rgb]).toEqual(Array.from({ length: 6 }, () => [10, 200, 30]).flat());
});

test('the picture that is given stays as it is', () => {
  const rgb = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * 37) % 256);
  const before = [...rgb];
  resizeBicubic({ rgb, width: 9, height: 7 }, 4, 15);
  expect([...rgb]).toEqual(before);
});
