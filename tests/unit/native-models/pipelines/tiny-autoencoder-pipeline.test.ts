/** A pipeline whose autoencoder is a tiny one: the embedded model with a seeded TAESD of its size in its place. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyPreview } from '../../../../native-models/pipelines/latent-preview.js';
import type { LoadedTextToImage } from '../../../../native-models/pipelines/load-text-to-image.js';
import { loadTextToImage } from '../../../../native-models/pipelines/load-text-to-image.js';
import { openNetwork, requireFit } from '../../../../native-models/runtime/open-network.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { readDiffusersFolder, readNamedComponent } from '../../../../native-models/weight-formats/diffusers-folder.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { readGolden } from '../../../parity/golden.js';
import { seededTensors } from '../../../parity/seeded-weights.js';

const EMBEDDED = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

let scratch: string;
let folder: string;
let pictures: LoadedTextToImage;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'inkstone-tiny-pipeline-'));
  folder = path.join(scratch, 'model');
  await cp(EMBEDDED, folder, { recursive: true });
  await rm(path.join(folder, 'vae'), { recursive: true });
  await mkdir(path.join(folder, 'vae'));
  // Three stages of 16 channels and two blocks, as the embedded model's own autoencoder has three sizes.
  const { tensors, config } = readGolden<Description>('networks', 'tiny-f16-decoder').description;
  await writeFile(path.join(folder, 'vae/config.json'), JSON.stringify(config));
  await writeSafetensors(path.join(folder, 'vae/diffusion_pytorch_model.safetensors'), seededTensors(tensors, 'F16'));
  const index = JSON.parse(await readFile(path.join(folder, 'model_index.json'), 'utf8')) as Record<string, unknown>;
  index['vae'] = ['diffusers', 'AutoencoderTiny'];
  await writeFile(path.join(folder, 'model_index.json'), JSON.stringify(index));
  pictures = await loadTextToImage(await readDiffusersFolder(folder), 'cpu');
});
afterAll(async () => {
  await pictures.release();
  await rm(scratch, { recursive: true });
});

interface Description {
  readonly tensors: Record<string, number[]>;
  readonly config: Record<string, unknown>;
}

test('its picture is what the tiny autoencoder makes of the latents as they are', async () => {
  const settings = { prompt: 'a red heart', negative: '', steps: 2, cfg: 2.5, sampler: 'ddim', schedule: 'normal' };
  const picture = await pictures.generate({ ...settings, seed: 7, width: 64, height: 32, clipSkip: 1 });
  expect([picture.width, picture.height]).toEqual([64, 32]);

  const files = await readNamedComponent(folder, 'vae');
  if (files.kind !== 'vae') throw new Error(`a ${files.kind}`);
  expect(() => requireFit(files)).not.toThrow();
  const sizes = { batch: 1, height: 8, width: 16 };
  const network = await openNetwork({ component: 'vae_decoder', files, device: 'cpu', sizes });
  const { sample } = await network.run({ latent_sample: floats([1, 4, 8, 16], picture.finalLatents.data) });
  await network.release();
  if (sample?.dtype !== 'float32') throw new Error('no sample');
  const area = 32 * 64;
  const level = (value: number): number => Math.round((Math.min(Math.max(value, -1), 1) / 2 + 0.5) * 255);
  const expected = Array.from({ length: 3 * area }, (_, i) => level(sample.data[(i % 3) * area + Math.floor(i / 3)]!));
  const off = expected.map((value, i) => Math.abs(value - picture.rgb[i]!));
  expect(Math.max(...off)).toBeLessThanOrEqual(1); // a half may round either way
  expect(new Set(expected).size).toBeGreaterThan(50); // a picture, and not one grey
});

test('previews are fitted through it', async () => {
  const preview = await pictures.latentPreview(path.join(scratch, 'previews'));
  expect(preview.weights.every(Number.isFinite)).toBe(true);
  const ramp = Float32Array.from({ length: 4 * 8 * 8 }, (_, i) => (i % 64) / 32 - 1);
  const { width, height, rgb } = applyPreview(preview, floats([4, 8, 8], ramp));
  expect([width, height, rgb.length]).toEqual([8, 8, 192]);
  expect(new Set(rgb).size).toBeGreaterThan(8); // what differs in the latents differs in the preview
});
