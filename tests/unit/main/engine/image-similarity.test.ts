import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ImageSimilarityRequest } from '../../../../app/contracts/engine.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { floats, ints } from '../../../../native-models/runtime/tensor.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { readGolden, relativeDifference } from '../../../parity/golden.js';
import { bundleChild } from '../supervisor/bundle-child.js';

const modelPath = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
const golden = readGolden<{ cosine: number[][] }>('clip', 'embedded');

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-similarity-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
});
afterAll(async () => {
  await started.close();
  bundle.remove();
  rmSync(folder, { recursive: true });
});

function picture(index: number): ImageSimilarityRequest['pictures'][0] {
  const { dtype, shape, data } = golden.tensor(`rgb.${index}`);
  if (dtype !== 'U8') throw new Error(`a picture of ${dtype}`);
  return { rgb: Uint8Array.from(data), width: shape[1]!, height: shape[0]! };
}

const similarity = (first: number, second: number, more: Partial<ImageSimilarityRequest> = {}) =>
  started.engine.imageSimilarity({ modelPath, device: 'cpu', pictures: [picture(first), picture(second)], ...more });

test.each([
  [0, 0],
  [0, 1],
  [2, 0],
  [1, 2],
])('pictures %i and %i are as like each other as transformers says', async (first, second) => {
  expect(await similarity(first, second)).toBeCloseTo(golden.description.cosine[first]![second]!, 5);
});

test('two calls at once are answered one after the other, and one after the memory was let go', async () => {
  const both = await Promise.all([similarity(0, 1), similarity(1, 2)]);
  await started.engine.unload();
  expect([await similarity(0, 1), await similarity(1, 2)]).toEqual(both);
});

test('a CLIP whose files changed between two calls is read anew', async () => {
  const clip = join(folder, 'clip');
  cpSync(join(modelPath, 'clip'), clip, { recursive: true });
  expect(await similarity(0, 1, { modelPath: clip })).toBeCloseTo(golden.description.cosine[0]![1]!, 5);
  writeFileSync(join(clip, 'preprocessor_config.json'), '{"size": 64, "crop_size": 64}');
  const otherMean = await similarity(0, 1, { modelPath: clip });
  expect(Math.abs(otherMean - golden.description.cosine[0]![1]!)).toBeGreaterThan(0.001);
});

test('a folder without a CLIP, and a picture of too few bytes, are refused', async () => {
  const missing = join(folder, 'nothing');
  await expect(similarity(0, 1, { modelPath: missing })).rejects.toMatchObject({ kind: 'missing-file', file: missing });
  const cut = { rgb: new Uint8Array(5), width: 2, height: 1 };
  await expect(similarity(0, 1, { pictures: [picture(0), cut] })).rejects.toMatchObject({ kind: 'bad-input' });
});

test('clip_image and clip_text are run by name, from a pipeline and from CLIP’s own folder', async () => {
  const inputs = join(folder, 'in.safetensors');
  const out = join(folder, 'out.safetensors');
  const { signal } = new AbortController();
  const wish = { device: 'cpu' as const, inputs, out, adapters: [], apply: 'auto' as const };

  const { shape, data } = golden.tensor('input_ids.0');
  await writeSafetensors(inputs, { input_ids: ints(shape, data) });
  const text = await started.engine.run({ ...wish, modelPath, component: 'clip_text' }, signal);
  expect(text.outputs).toEqual({ text_embeds: { shape: [1, 192], dtype: 'F32' } });
  const vector = (await readTensors(out))['text_embeds']!.data as Float32Array;
  expect(relativeDifference(vector, golden.floats('text_embeds.0'))).toBeLessThanOrEqual(1e-4);

  await writeSafetensors(inputs, { pixel_values: floats([3, 3, 64, 64]) });
  const own = { ...wish, modelPath: join(modelPath, 'clip'), component: 'clip_image' };
  expect((await started.engine.run(own, signal)).outputs).toEqual({
    image_embeds: { shape: [3, 192], dtype: 'F32' },
  });

  await writeSafetensors(inputs, { pixel_values: floats([1, 3, 32, 32]) });
  await expect(started.engine.run(own, signal)).rejects.toMatchObject({
    kind: 'bad-input',
    message: 'The input pixel_values should be [1, 3, 64, 64], got [1, 3, 32, 32].',
  });
});
