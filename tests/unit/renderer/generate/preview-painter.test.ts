import { expect, test } from 'vitest';
import { toRgba } from '../../../../renderer/generate/preview-painter.js';

test('RGB bytes become opaque RGBA in the same order', () => {
  const rgba = new Uint8ClampedArray(8);
  toRgba(Uint8Array.of(1, 2, 3, 4, 5, 6), rgba);
  expect([...rgba]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
});
