/**
 * CLIP on real pictures against transformers 5.23.0 and Pillow 13.0.0 (made by make_clip.py): the resize and the
 * numbers that the network is given are the reference's own, bit for bit; the embedded CLIP's vectors within 1e-4 of the
 * largest |reference|.
 */
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { clipPixelValues, parseClipPreprocessing } from '../../native-models/metrics/clip-preprocessing.js';
import { cosineSimilarity } from '../../native-models/metrics/cosine-similarity.js';
import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { resizeBicubic } from '../../native-models/metrics/resizers/pillow-bicubic.js';
import { loadClipFeatures } from '../../native-models/pipelines/clip-features.js';
import type { ClipFeatures } from '../../native-models/pipelines/clip-features.js';
import { clipVector } from '../../native-models/pipelines/image-features.js';
import { openNetwork } from '../../native-models/runtime/open-network.js';
import { readClip } from '../../native-models/weight-formats/clip-folder.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import type { Golden } from './golden.js';

const pictures = path.resolve(import.meta.dirname, '../../native-models/embedded/pictures');

function picture(golden: Golden<unknown>, name: string): RgbPicture {
  const { dtype, shape, data } = golden.tensor(name);
  if (dtype !== 'U8') throw new Error(`${name} is ${dtype}`);
  return { rgb: data, width: shape[1]!, height: shape[0]! };
}

describe.each(goldenNames('clip').filter((name) => name.startsWith('preprocess-')))('%s', (name) => {
  const golden = readGolden<{ config: { crop_size?: { height: number } } }>('clip', name);
  const rgb = picture(golden, 'rgb');

  test('is resized as Pillow does it, level for level', () => {
    const reference = picture(golden, 'resized');
    const resized = resizeBicubic(rgb, reference.width, reference.height);
    expect(resized).toEqual(reference);
  });

  test('becomes the numbers that transformers gives the network', () => {
    const { shape, data } = golden.tensor('pixel_values');
    const preprocessing = parseClipPreprocessing(golden.description.config, 224, 'preprocessor_config.json');
    const values = clipPixelValues(rgb, preprocessing);
    expect(values.shape).toEqual(shape);
    expect(relativeDifference(values.data, data as Float32Array)).toBe(0);
  });
});

describe('the embedded CLIP', () => {
  const golden = readGolden<{ cosine: number[][] }>('clip', 'embedded');
  let clip: ClipFeatures;
  beforeAll(async () => {
    clip = await loadClipFeatures(pictures, 'cpu', 'OpenAI’s vocabulary is not this one’s');
  });
  afterAll(() => clip.release());
  const vectorOf = (index: number) => clipVector(clip.images, picture(golden, `rgb.${index}`), clip.preprocessing);

  test.each([0, 1, 2])('sees picture %i as transformers does', async (index) => {
    const vector = await vectorOf(index);
    expect(relativeDifference(vector, golden.floats(`image_embeds.${index}`))).toBeLessThanOrEqual(1e-4);
  });

  test('finds the pictures as like each other as transformers does', async () => {
    const vectors = await Promise.all([0, 1, 2].map(vectorOf));
    for (const [i, row] of golden.description.cosine.entries()) {
      for (const [j, cosine] of row.entries()) {
        expect(cosineSimilarity(vectors[i]!, vectors[j]!)).toBeCloseTo(cosine, 5);
      }
    }
  });

  test.each([0, 1])('reads text %i as transformers does', async (index) => {
    const { dtype, shape, data } = golden.tensor(`input_ids.${index}`);
    if (dtype !== 'I64') throw new Error(`ids are ${dtype}`);
    const files = await readClip(pictures);
    const sizes = { batch: shape[0]!, tokens: shape[1]! };
    const network = await openNetwork({ component: 'clip_text', files, device: 'cpu', sizes });
    const { text_embeds: vector } = await network.run({ input_ids: { dtype: 'int64', shape, data } });
    await network.release();
    if (vector?.dtype !== 'float32') throw new Error('no text_embeds');
    expect(vector.shape).toEqual([1, 192]);
    expect(relativeDifference(vector.data, golden.floats(`text_embeds.${index}`))).toBeLessThanOrEqual(1e-4);
  });
});
