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

test.each([
  [41, 29],
  [97, 61],
  [97, 30],
  [200, 61],
  [150, 20],
])('a window of a picture at %i x %i is that part of the whole', (width, height) => {
  const rgb = Uint8Array.from({ length: 97 * 61 * 3 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  const picture: RgbPicture = { rgb, width: 97, height: 61 };
  const window = { left: 5, top: 3, width: width - 9, height: height - 4 };
  const whole = resizeBicubic(picture, width, height);
  const rows = Array.from({ length: window.height }, (_, y) => {
    const from = 3 * ((window.top + y) * width + window.left);
    return [...whole.rgb.subarray(from, from + 3 * window.width)];
  });
  expect(resizeBicubic(picture, width, height, window)).toEqual({
    rgb: Uint8Array.from(rows.flat()),
    width: window.width,
    height: window.height,
  });
});

test('the middle of a line as long as a street is made without the rest', () => {
  const line = flat(20_000, 2, 77);
  const window = { left: 1_119_888, top: 0, width: 224, height: 224 };
  expect(resizeBicubic(line, 2_240_000, 224, window)).toEqual(flat(224, 224, 77));
});
