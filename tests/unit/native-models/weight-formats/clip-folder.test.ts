/** Where a CLIP is looked for, and the settings of its pictures. */
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { readClip, readClipPreprocessing } from '../../../../native-models/weight-formats/clip-folder.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let scratch = '';
let folder = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'clip-folder-'));
});
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(scratch, 'case-')), 'ink-model');
  await mkdir(folder);
  await cp(path.join(embedded, 'clip'), path.join(folder, 'clip'), { recursive: true });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const within = (...names: string[]): string => path.join(folder, ...names);

test('a pipeline’s CLIP is found in clip/, and in its own folder', async () => {
  const inside = await readClip(folder);
  const own = await readClip(within('clip'));
  expect(inside).toMatchObject({ kind: 'clip', folder: within('clip'), label: 'clip', dtype: 'F16' });
  expect(own.folder).toBe(inside.folder);
});

test('clip/ comes before image_encoder/, which comes before the folder itself', async () => {
  await cp(within('clip'), within('image_encoder'), { recursive: true });
  await cp(within('clip'), folder, { recursive: true });
  expect((await readClip(folder)).folder).toBe(within('clip'));
  await rm(within('clip'), { recursive: true });
  expect((await readClip(folder)).folder).toBe(within('image_encoder'));
  await rm(within('image_encoder'), { recursive: true });
  expect((await readClip(folder)).folder).toBe(folder);
});

test('a folder without one says where it was looked for', async () => {
  await rm(within('clip'), { recursive: true });
  const sentence = 'ink-model has no CLIP model: neither in clip/ nor in image_encoder/, nor is it one itself.';
  await expect(readClip(folder)).rejects.toThrow(sentence);
  await expect(readClip(within('gone'))).rejects.toMatchObject({ kind: 'missing-file' });
});

test('another network is named', async () => {
  await expect(readClip(path.join(embedded, 'unet'))).rejects.toThrow('unet holds a unet, not a CLIP model.');
});

test('settings lie with the model, else with its pipeline’s feature_extractor, else they are OpenAI’s', async () => {
  await rename(within('clip'), within('image_encoder'));
  const files = await readClip(folder);
  expect((await readClipPreprocessing(files)).preprocessing).toMatchObject({
    mean: [0.5, 0.5, 0.5],
    resize: { shortestEdge: 64 },
  });

  await rm(within('image_encoder', 'preprocessor_config.json'));
  await mkdir(within('feature_extractor'));
  await writeFile(within('feature_extractor', 'preprocessor_config.json'), '{"image_mean": [0.1, 0.2, 0.3]}');
  expect((await readClipPreprocessing(files)).preprocessing).toMatchObject({
    mean: [0.1, 0.2, 0.3],
    resize: { shortestEdge: 64 },
  });

  await rm(within('feature_extractor'), { recursive: true });
  expect((await readClipPreprocessing(files)).preprocessing).toMatchObject({
    mean: [0.48145466, 0.4578275, 0.40821073],
  });
});
