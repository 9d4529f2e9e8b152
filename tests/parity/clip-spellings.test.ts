/**
 * CLIPs in single files (made by make_clip_spellings.py): OpenAI's and OpenCLIP's names against open_clip 3.3.0,
 * transformers' names with no config against transformers 5.23.0; within 1e-4 of the largest |reference|.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openNetwork, requireFit } from '../../native-models/runtime/open-network.js';
import { readClip, readClipPreprocessing } from '../../native-models/weight-formats/clip-folder.js';
import type { ClipFiles } from '../../native-models/weight-formats/component-folder.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { writeTorchZip } from '../torch-files.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import type { Golden } from './golden.js';
import { seededTensors } from './seeded-weights.js';

interface Description {
  readonly dtype: 'F32' | 'F16';
  readonly activation: 'gelu' | 'quick_gelu';
  readonly config: object | null;
  readonly tensors: Record<string, number[]>;
}

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'clip-spellings-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const maskHead = { dtype: 'F32', shape: [16, 16] } as const;
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

async function readWritten(name: string, fileName: string): Promise<ClipFiles> {
  const { tensors, dtype, config } = readGolden<Description>('clip-spellings', name).description;
  const folder = path.join(await mkdtemp(path.join(scratch, 'case-')), 'weights');
  await mkdir(folder);
  const file = path.join(folder, fileName);
  // OpenAI's archives have it in every layer.
  const mask = Float32Array.from({ length: 16 * 16 }, (_, i) => (i % 16 > i / 16 ? -Infinity : 0));
  const seeded = {
    ...seededTensors(tensors, dtype),
    ...(fileName.endsWith('.pt') ? { 'transformer.resblocks.0.attn_mask': { ...maskHead, bytes: bytesOf(mask) } } : {}),
  };
  if (fileName.endsWith('.pt')) await writeTorchZip(file, seeded);
  else await writeSafetensors(file, seeded);
  if (config) await writeFile(path.join(folder, 'open_clip_config.json'), JSON.stringify(config));
  return readClip(file);
}

async function differences(golden: Golden<Description>, files: ClipFiles): Promise<[image: number, text: number]> {
  const ids = golden.tensor('in.input_ids');
  const pixels = golden.tensor('in.pixel_values');
  if (ids.dtype !== 'I64' || pixels.dtype !== 'F32') throw new Error('inputs of another type');
  const [batch, tokens] = ids.shape as [number, number];
  const open = { files, device: 'cpu' } as const;
  const image = await openNetwork({ component: 'clip_image', sizes: { batch }, ...open });
  const text = await openNetwork({ component: 'clip_text', sizes: { batch, tokens }, ...open });
  const { image_embeds: seen } = await image.run({ pixel_values: { ...pixels, dtype: 'float32' } });
  const { text_embeds: read } = await text.run({ input_ids: { ...ids, dtype: 'int64' } });
  await image.release();
  await text.release();
  const difference = (data: unknown, name: string): number =>
    relativeDifference(data as Float32Array, golden.floats(name));
  return [difference(seen?.data, 'out.image_embeds'), difference(read?.data, 'out.text_embeds')];
}

describe.each(goldenNames('clip-spellings'))('%s', (name) => {
  const golden = readGolden<Description>('clip-spellings', name);
  const fileName = name === 'open-clip-custom-text' ? 'vit-laion.safetensors' : 'vit.safetensors';

  test('gives the reference’s vectors of pictures and texts', async () => {
    const files = await readWritten(name, fileName);
    expect(requireFit(files)).toBeUndefined();
    expect(files.config.vision.activation).toBe(golden.description.activation);
    const [image, text] = await differences(golden, files);
    expect(image).toBeLessThanOrEqual(1e-4);
    expect(text).toBeLessThanOrEqual(1e-4);
  });

  test('gives other vectors with the other activation: the guess is worth its notice', async () => {
    const files = await readWritten(name, fileName);
    const activation = golden.description.activation === 'gelu' ? ('quick_gelu' as const) : ('gelu' as const);
    const { text, vision } = files.config;
    const wrong = { text: text && { ...text, activation }, vision: { ...vision, activation } } as const;
    const [image] = await differences(golden, { ...files, config: wrong });
    expect(image).toBeGreaterThan(1e-3);
  });
});

test('the same weights pickled by torch give the same vectors', async () => {
  const golden = readGolden<Description>('clip-spellings', 'openai');
  const [image, text] = await differences(golden, await readWritten('openai', 'ViT-tiny.pt'));
  expect(Math.max(image, text)).toBeLessThanOrEqual(1e-4);
});

test('what told the activation is said, and only where it is a guess', async () => {
  expect((await readWritten('openai', 'vit.safetensors')).notices).toEqual([]);
  expect((await readWritten('open-clip', 'vit.safetensors')).notices).toEqual([]);
  expect((await readWritten('transformers', 'vit.safetensors')).notices).toEqual([
    'vit.safetensors does not tell which activation it was trained with. It is taken as QuickGELU, OpenAI’s, for the transformers names of its tensors; if that is wrong, put its config.json or open_clip_config.json beside it.',
  ]);
  expect((await readWritten('open-clip-custom-text', 'a.safetensors')).notices?.[0]).toContain(
    'taken as GELU, LAION’s, for the OpenCLIP names',
  );
});

test('OpenCLIP’s own settings for pictures are followed', async () => {
  const { preprocessing } = await readClipPreprocessing(await readWritten('open-clip', 'vit.safetensors'));
  expect(preprocessing).toMatchObject({
    mean: [0.5, 0.5, 0.5],
    deviation: [0.25, 0.25, 0.25],
    resize: { width: 24, height: 24 },
  });
});
