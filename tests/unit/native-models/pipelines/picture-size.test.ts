import { expect, it } from 'vitest';
import { pictureSize } from '../../../../native-models/pipelines/picture-size.js';

it('a size that fits is left alone', () => {
  expect(pictureSize(512, 640, 8)).toEqual({ width: 512, height: 640, notice: null });
});

it.each([
  [515, 638, 512, 640],
  [516, 636, 520, 640],
  [1, 3, 8, 8],
])('%d × %d goes to the nearest multiples and is told', (width, height, roundedWidth, roundedHeight) => {
  const { notice, ...size } = pictureSize(width, height, 8);
  expect(size).toEqual({ width: roundedWidth, height: roundedHeight });
  expect(notice).toBe(`Size set to ${roundedWidth} × ${roundedHeight}: sides are multiples of 8.`);
});
