/** How `preprocessor_config.json` is read; what is done with it is compared in tests/parity/clip.test.ts. */
import { describe, expect, test } from 'vitest';

import { clipPixelValues, parseClipPreprocessing } from '../../../../native-models/metrics/clip-preprocessing.js';

const parse = (json: unknown) => parseClipPreprocessing(json, 224, 'clip/preprocessor_config.json');

test('a model without the file is prepared as OpenAI’s CLIP, for its own size', () => {
  expect(parse({})).toEqual({
    resize: { shortestEdge: 224 },
    crop: { width: 224, height: 224 },
    rescale: 1 / 255,
    mean: [0.48145466, 0.4578275, 0.40821073],
    deviation: [0.26862954, 0.26130258, 0.27577711],
  });
});

test.each<[string, object, object]>([
  ['a bare number, as old files have it, is the shorter side', { size: 336 }, { resize: { shortestEdge: 336 } }],
  ['a bare number as crop is a square', { crop_size: 336 }, { crop: { width: 336, height: 336 } }],
  ['height and width are taken as they are', { size: { height: 8, width: 9 } }, { resize: { height: 8, width: 9 } }],
  ['what is turned off is not done', { do_resize: false, do_center_crop: false }, { resize: null, crop: null }],
  [
    'levels stay as they are without rescale and normalise',
    { do_rescale: false, do_normalize: false },
    { rescale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] },
  ],
])('%s', (_, json, settings) => {
  expect(parse(json)).toMatchObject(settings);
});

describe('one sentence says what is wrong with', () => {
  test.each<[string, object, string]>([
    [
      'another filter',
      { resample: 2 },
      'clip/preprocessor_config.json: resample 2 is a way to resize that this studio does not have (it has 3, bicubic).',
    ],
    [
      'a size that has no meaning here',
      { size: { longest_edge: 224 } },
      'clip/preprocessor_config.json: size is not as CLIP’s image processors write it: give it height and width, or shortest_edge.',
    ],
    [
      'a mean of one number',
      { image_mean: [0.5] },
      'clip/preprocessor_config.json: image_mean is not as CLIP’s image processors write it: give it three numbers, for red, green and blue.',
    ],
    [
      'a switch that is no switch',
      { do_resize: 'yes' },
      'clip/preprocessor_config.json: do_resize is not as CLIP’s image processors write it: give it true or false.',
    ],
  ])('%s', (_, json, sentence) => {
    expect(() => parse(json)).toThrow(sentence);
  });
});

test('another filter is no harm where nothing is resized', () => {
  expect(parse({ do_resize: false, resample: 2 }).resize).toBeNull();
});

test('red, green and blue go to planes of their own', () => {
  const picture = { rgb: Uint8Array.of(0, 51, 255, 102, 153, 204), width: 2, height: 1 };
  const plain = { resize: null, crop: null, rescale: 1 / 255, mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
  const values = clipPixelValues(picture, plain);
  expect(values.shape).toEqual([1, 3, 1, 2]);
  expect([...values.data].map((value) => value.toFixed(6))).toEqual(
    [0, 0.4, 0.2, 0.6, 1, 0.8].map((value) => value.toFixed(6)),
  );
});
