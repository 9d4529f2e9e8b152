import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cosineSimilarity } from '../../../../native-models/metrics/cosine-similarity.js';
import { loadClipFeatures, requireFittingPictures } from '../../../../native-models/pipelines/clip-features.js';
import { clipImageFeatures } from '../../../../native-models/pipelines/image-features.js';
import { readClip, readClipPreprocessing } from '../../../../native-models/weight-formats/clip-folder.js';
import { relativeDifference } from '../../../parity/golden.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'image-features-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('settings that make another size of pictures than the network takes are told, not guessed around', async () => {
  const folder = path.join(scratch, 'clip');
  await cp(path.join(embedded, 'clip'), folder, { recursive: true });
  await writeFile(path.join(folder, 'preprocessor_config.json'), '{"size": 56, "do_center_crop": false}');
  const files = await readClip(folder);
  const { preprocessing } = await readClipPreprocessing(files);
  expect(() => requireFittingPictures(files, preprocessing)).toThrow(
    'clip: its settings for pictures (preprocessor_config.json) make pictures of many sizes, its network takes 64 x 64.',
  );

  await writeFile(path.join(folder, 'preprocessor_config.json'), '{"crop_size": 48}');
  const cropped = (await readClipPreprocessing(files)).preprocessing;
  expect(() => requireFittingPictures(files, cropped)).toThrow('make pictures of 48 x 48 pixels');
});

test('a picture’s vector is the same alone, in a whole batch and in what is left over from one', async () => {
  const features = clipImageFeatures(await readClip(embedded), 'cpu');
  const size = 3 * 64 * 64;
  const pixels = Float32Array.from({ length: 10 * size }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.0021));
  const all = await features.vectors(pixels, 10);
  for (const index of [0, 5, 9]) {
    const alone = await features.vectors(pixels.slice(index * size, (index + 1) * size), 1);
    expect(relativeDifference(all.slice(index * 192, (index + 1) * 192), alone)).toBeLessThan(1e-5);
  }
  expect(relativeDifference(all.slice(0, 192), all.slice(192, 384))).toBeGreaterThan(1e-3);
  await features.release();
});

test('pixels of another size are refused', async () => {
  const features = clipImageFeatures(await readClip(embedded), 'cpu');
  await expect(features.vectors(new Float32Array(3 * 32 * 32), 1)).rejects.toThrow(
    'clip takes pictures of 64 x 64 pixels: 1 of them are 12288 numbers, not 3072.',
  );
});

describe('texts', () => {
  const merges = path.resolve(embedded, '../clip-vocabulary/bpe_simple_vocab_16e6.txt.gz');
  const shortOne = 'a red heart';
  const longOne =
    'a red heart and a green apple beside a blue house, under a yellow sun, in a garden with many flowers';

  test('have the same vectors in any order and company, and those that were cut are told', async () => {
    const clip = await loadClipFeatures(embedded, 'cpu', merges);
    const texts = await clip.texts();
    const many = [longOne, shortOne, ...Array.from({ length: 9 }, (_, n) => `${n} hearts`), longOne.repeat(3)];
    const { vectors, cut } = await texts.vectors(many);
    expect(cut).toEqual([11]);
    for (const place of [0, 1, 10]) {
      const alone = (await texts.vectors([many[place]!])).vectors;
      expect(relativeDifference(vectors.slice(192 * place, 192 * (place + 1)), alone)).toBeLessThan(1e-5);
    }
    // Cut, it still ends with the end mark: its vector is a caption's, not that of the place where reading stopped.
    expect(cosineSimilarity(vectors.slice(192 * 11), vectors.slice(0, 192))).toBeGreaterThan(0.8);
    await clip.release();
  });

  test('need a tokenizer where the vocabulary is not OpenAI’s', async () => {
    const folder = await mkdtemp(path.join(scratch, 'mute-'));
    for (const name of ['config.json', 'model.safetensors']) {
      await cp(path.join(embedded, 'clip', name), path.join(folder, name));
    }
    const clip = await loadClipFeatures(folder, 'cpu', merges);
    await expect(clip.texts()).rejects.toThrow('with 3037 tokens its vocabulary is not OpenAI’s');
  });
});
