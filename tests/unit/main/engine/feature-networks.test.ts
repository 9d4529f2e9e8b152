/** Vectors of pictures and texts, from the engine in a process of its own. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { FeatureNetworkFile } from '../../../../app/contracts/features.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { clipPixelValues, parseClipPreprocessing } from '../../../../native-models/metrics/clip-preprocessing.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { writeInceptionFile } from '../../../inception-file.js';
import { readGolden, relativeDifference } from '../../../parity/golden.js';
import { seededTensors } from '../../../parity/seeded-weights.js';
import { bundleChild } from '../supervisor/bundle-child.js';

const embedded = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
const golden = readGolden('clip', 'embedded');
const clip: FeatureNetworkFile = { kind: 'clip', path: embedded };
const settings = { size: 64, crop_size: 64, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-features-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
});
afterAll(async () => {
  await started.close();
  bundle.remove();
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();
const device = 'cpu' as const;

function pixelsOf(index: number): Float32Array<ArrayBuffer> {
  const { dtype, shape, data } = golden.tensor(`rgb.${index}`);
  if (dtype !== 'U8') throw new Error(`a picture of ${dtype}`);
  const picture = { rgb: Uint8Array.from(data), width: shape[1]!, height: shape[0]! };
  return Float32Array.from(clipPixelValues(picture, parseClipPreprocessing(settings, 64, 'settings')).data);
}

test('the embedded CLIP’s vectors of a batch of pictures are those of transformers', async () => {
  const pixels = new Float32Array(9 * 3 * 64 * 64);
  for (let row = 0; row < 9; row++) pixels.set(pixelsOf(row % 3), row * 3 * 64 * 64);
  const { vectors, device: where } = await started.engine.embedPictures(
    { network: clip, device, count: 9, pixels },
    signal,
  );
  expect(where).toBe('cpu');
  expect(vectors).toHaveLength(9 * 192);
  for (let row = 0; row < 9; row++) {
    const reference = golden.floats(`image_embeds.${row % 3}`);
    expect(relativeDifference(vectors.slice(192 * row, 192 * (row + 1)), reference)).toBeLessThanOrEqual(1e-4);
  }
});

test('its vectors of texts, too; those that were cut are told', async () => {
  const texts = ['a red heart', 'a house with a garden', 'a heart '.repeat(40)];
  const { vectors, cut } = await started.engine.embedTexts({ network: clip, device, texts }, signal);
  for (const index of [0, 1]) {
    const vector = vectors.slice(192 * index, 192 * (index + 1));
    expect(relativeDifference(vector, golden.floats(`text_embeds.${index}`))).toBeLessThanOrEqual(1e-4);
  }
  expect(cut).toEqual([2]);
});

test('what a CLIP’s files tell: side, width of the vectors, how pictures are prepared', async () => {
  expect(await started.engine.featureNetwork({ ...clip, mode: 'pytorch-fid' })).toMatchObject({
    label: 'pictures',
    side: 64,
    dimensions: 192,
    readsText: true,
    preparation: { kind: 'clip', resize: { shortestEdge: 64 }, crop: { width: 64, height: 64 }, mean: [0.5, 0.5, 0.5] },
    hashedFile: join(embedded, 'clip', 'model.safetensors'),
    notices: [],
  });
});

test('a CLIP of OpenAI’s vocabulary needs no tokenizer of its own', async () => {
  const { tensors } = readGolden<{ tensors: Record<string, number[]> }>('clip-spellings', 'transformers').description;
  const words = { 'text_model.embeddings.token_embedding.weight': [49408, 64] };
  const path = join(folder, 'lone.safetensors');
  await writeSafetensors(path, seededTensors({ ...tensors, ...words }));
  const texts = ['a red heart', 'a red  HEART', 'a blue heart'];
  const network = { kind: 'clip', path } as const;
  const { vectors } = await started.engine.embedTexts({ network, device, texts }, signal);
  const row = (index: number): Float32Array => vectors.slice(40 * index, 40 * (index + 1));
  expect(row(0)).toEqual(row(1));
  expect(relativeDifference(row(2), row(0))).toBeGreaterThan(1e-3);
});

test('an Inception measures pictures and reads no text; its mode is how pictures are prepared', async () => {
  const path = join(folder, 'inception.safetensors');
  await writeInceptionFile(path, 'safetensors');
  const network = { kind: 'inception', path } as const;
  expect(await started.engine.featureNetwork({ ...network, mode: 'clean-fid' })).toMatchObject({
    label: 'inception.safetensors',
    side: 299,
    dimensions: 2048,
    readsText: false,
    preparation: { kind: 'inception', mode: 'clean-fid' },
    hashedFile: path,
  });
  const pixels = Float32Array.from({ length: 2 * 3 * 299 * 299 }, (_, k) => Math.sin(k / 50) * Math.cos(k / 3e5));
  const both = await started.engine.embedPictures({ network, device, count: 2, pixels }, signal);
  expect(both.vectors).toHaveLength(4096);
  expect(both.vectors.every((value) => value >= 0)).toBe(true); // means of ReLUs
  const second = { network, device, count: 1, pixels: pixels.slice(pixels.length / 2) };
  const alone = await started.engine.embedPictures(second, signal);
  expect(relativeDifference(both.vectors.slice(2048), alone.vectors)).toBeLessThan(1e-5);

  const texts = ['a red heart'];
  await expect(started.engine.embedTexts({ network, device, texts }, signal)).rejects.toMatchObject({
    kind: 'bad-input',
  });
});

test('pixels of another size, settings of another size and a stop are refused in one sentence', async () => {
  const wrong = { network: clip, device, count: 2, pixels: new Float32Array(7) };
  await expect(started.engine.embedPictures(wrong, signal)).rejects.toThrow('clip takes pictures of 64 x 64 pixels');

  const own = join(folder, 'clip');
  cpSync(join(embedded, 'clip'), own, { recursive: true });
  writeFileSync(join(own, 'preprocessor_config.json'), '{"crop_size": 48}');
  const looking = started.engine.featureNetwork({ kind: 'clip', path: own, mode: 'pytorch-fid' });
  await expect(looking).rejects.toMatchObject({ kind: 'unfit-model' });

  const stopped = AbortSignal.abort();
  const late = { network: clip, device, count: 1, pixels: pixelsOf(0) };
  await expect(started.engine.embedPictures(late, stopped)).rejects.toMatchObject({ kind: 'cancelled' });
});
