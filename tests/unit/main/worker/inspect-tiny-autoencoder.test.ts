import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import type { WritableTensor } from '../../../../native-models/weight-formats/write-safetensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { tinyDecoder, tinyEncoder } from '../../../tiny-autoencoder-tensors.js';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-tiny-autoencoder-')));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function inspect(name: string, tensors: Record<string, WritableTensor>) {
  const path = join(folder, name);
  await writeSafetensors(path, tensors);
  return inspectModel({ path, checkFinite: true });
}

test('a decoder is one, of latents with so many channels', async () => {
  const found = await inspect('taesd_decoder.safetensors', tinyDecoder({ latentChannels: 4 }));
  expect(found).toMatchObject({
    name: 'taesd_decoder',
    kind: 'autoencoder',
    format: 'safetensors',
    dtype: 'F32',
    sizeMultiple: 4,
    notices: ['This is a tiny autoencoder’s decoder, for latents of 4 channels (Stable Diffusion or SDXL).'],
  });
});

test('an encoder of Flux’s latents is told from a decoder, and a card beside it names it', async () => {
  writeFileSync(join(folder, 'taef1_encoder.inkstone.json'), JSON.stringify({ name: 'Flux, tiny' }));
  const found = await inspect('taef1_encoder.safetensors', tinyEncoder({ latentChannels: 16 }));
  expect(found).toMatchObject({
    name: 'Flux, tiny',
    notices: ['This is a tiny autoencoder’s encoder, for latents of 16 channels (Flux or Stable Diffusion 3).'],
  });
});

test('a file with both ways is a whole one, of channels that nobody is known for', async () => {
  const both = {
    ...tinyEncoder({ latentChannels: 5, prefix: 'taesd_encoder.' }),
    ...tinyDecoder({ latentChannels: 5, prefix: 'taesd_decoder.' }),
  };
  const found = await inspect('both.safetensors', both);
  expect(found.notices).toEqual(['This is a tiny autoencoder, for latents of 5 channels.']);
});

test('weights that are not numbers are refused', async () => {
  const bias = floats([8], new Float32Array(8).fill(NaN));
  await expect(
    inspect('black.safetensors', { ...tinyDecoder({ latentChannels: 4 }), '1.bias': bias }),
  ).rejects.toMatchObject({
    message: expect.stringContaining('black.safetensors') as string,
  });
});
