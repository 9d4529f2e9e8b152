import { describe, expect, test } from 'vitest';
import { ASPECTS, aspectOf, presetSize, toMultiple } from '../../../../renderer/generate/picture-size.js';

const sd15 = { sizeMultiple: 8, nativeSize: 512 };
const small = { sizeMultiple: 8, nativeSize: 64 };

test('a side is rounded to the model’s multiple and never to nothing', () => {
  expect(toMultiple(637, 8)).toBe(640);
  expect(toMultiple(1, 8)).toBe(8);
  expect(toMultiple(90_000, 64)).toBe(8192);
});

describe('presets', () => {
  test('keep the area that the model was made for', () => {
    for (const aspect of ASPECTS) {
      const { width, height } = presetSize(aspect, sd15);
      expect(width % 8).toBe(0);
      expect(height % 8).toBe(0);
      expect(Math.abs((width * height) / 512 ** 2 - 1)).toBeLessThan(0.05);
    }
  });

  test('are recognised again, each as itself, even where the multiple is coarse', () => {
    for (const rule of [sd15, small]) {
      for (const aspect of ASPECTS) {
        const { width, height } = presetSize(aspect, rule);
        expect(aspectOf(width, height, rule)?.label).toBe(aspect.label);
      }
    }
  });
});

test('another size of the same shape has the same aspect', () => {
  expect(aspectOf(768, 512, sd15)?.label).toBe('3:2');
  expect(aspectOf(1024, 1024, sd15)?.label).toBe('1:1');
  expect(aspectOf(512, 1024, sd15)).toBeNull();
});
