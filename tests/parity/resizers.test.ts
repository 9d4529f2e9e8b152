/**
 * The resizers against Pillow 13.0.0, torch 2.13.0 and torch-fidelity 0.4.0 (made by make_resizers.py): Pillow's to the
 * last bit; bilinear ones and the pixels that an Inception gets within 1e-6 of the largest |reference|.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { inceptionPixelValues } from '../../native-models/metrics/inception-preprocessing.js';
import { resizeBicubicFloat } from '../../native-models/metrics/resizers/pillow-bicubic-float.js';
import { resizeBicubic } from '../../native-models/metrics/resizers/pillow-bicubic.js';
import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { resizeTensorflowBilinear } from '../../native-models/metrics/resizers/tensorflow-bilinear.js';
import { resizeTorchBilinear } from '../../native-models/metrics/resizers/torch-bilinear.js';
import { readGolden, relativeDifference } from './golden.js';

type Size = readonly [width: number, height: number];

/** The same as in make_resizers.py. */
function noise([width, height]: Size): RgbPicture {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, place) => {
    const mixed = Math.imul(place + 1, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 24;
  });
  return { rgb, width, height };
}

const sha256 = (array: Uint8Array | Float32Array) => createHash('sha256').update(array).digest('hex');

describe('Pillow’s bicubic', () => {
  const { cases } = readGolden<{ cases: { from: Size; to: Size; levels: string; float: string }[] }>(
    'resizers',
    'pillow',
  ).description;

  test.each(cases)('on 8 bits, $from to $to, is the same picture', ({ from, to, levels }) => {
    const resized = resizeBicubic(noise(from), ...to);
    expect([resized.width, resized.height]).toEqual(to);
    expect(sha256(resized.rgb)).toBe(levels);
  });

  test.each(cases)('on floats, $from to $to, has the same bits', ({ from, to, float }) => {
    expect(sha256(resizeBicubicFloat(noise(from), ...to))).toBe(float);
  });
});

describe('bilinear', () => {
  const golden = readGolden<{ cases: { from: Size; to: Size }[] }>('resizers', 'bilinear');
  const parts = Float32Array.from({ length: 256 }, (_, level) => level / 255);
  const levels = Float32Array.from({ length: 256 }, (_, level) => level);

  test.each([...golden.description.cases.entries()])('as torch does it: case %i, %o', (index, { from, to }) => {
    const resized = resizeTorchBilinear(noise(from), ...to, parts);
    expect(relativeDifference(resized, golden.floats(`torch.${index}`))).toBeLessThanOrEqual(1e-6);
  });

  test.each([...golden.description.cases.entries()])('as TensorFlow 1 does it: case %i, %o', (index, { from, to }) => {
    const resized = resizeTensorflowBilinear(noise(from), ...to, levels);
    expect(relativeDifference(resized, golden.floats(`tensorflow.${index}`))).toBeLessThanOrEqual(1e-6);
  });
});

describe('an Inception is given', () => {
  const golden = readGolden<{ sizes: Size[] }>('resizers', 'inception');

  describe.each(['pytorch-fid', 'clean-fid', 'torch-fidelity'] as const)('by %s', (mode) => {
    test.each([...golden.description.sizes.entries()])('the same pixels: case %i, %o', (index, size) => {
      const pixels = inceptionPixelValues(noise(size), mode);
      expect(pixels).toHaveLength(3 * 299 * 299);
      const every13th = pixels.filter((_, i) => (i % 299) % 13 === 0 && Math.floor((i % 299 ** 2) / 299) % 13 === 0);
      expect(relativeDifference(every13th, golden.floats(`${mode}.${index}`))).toBeLessThanOrEqual(1e-6);
    });
  });
});
