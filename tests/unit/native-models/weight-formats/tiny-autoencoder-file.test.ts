import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findTinyAutoencoderFile,
  readTinyAutoencoderFile,
} from '../../../../native-models/weight-formats/tiny-autoencoder-file.js';
import type { WritableTensor } from '../../../../native-models/weight-formats/write-safetensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { block, convolution, tinyDecoder, tinyEncoder } from '../../../tiny-autoencoder-tensors.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'tiny-autoencoder-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function written(tensors: Record<string, WritableTensor>): Promise<string> {
  const file = path.join(scratch, 'tae.safetensors');
  await writeSafetensors(file, tensors);
  return file;
}

const decoder = (): Record<string, WritableTensor> => tinyDecoder({ latentChannels: 4 });

test('the stages of both ways are told from which layers have weights', async () => {
  const { config } = await readTinyAutoencoderFile(
    await written({
      ...tinyEncoder({ latentChannels: 16, prefix: 'vae.encoder.' }),
      ...tinyDecoder({ latentChannels: 16, prefix: 'vae.decoder.' }),
    }),
  );
  const stage = { channels: 8, blocks: 1, pooled: false };
  expect(config).toMatchObject({
    inChannels: 3,
    outChannels: 3,
    latentChannels: 16,
    activation: 'relu',
    encoder: [stage, stage, stage],
    decoder: [stage, stage, stage],
    channels: [8, 8, 8],
    scalingFactor: 1,
    shiftFactor: 0,
  });
});

test('a file of another network, a folder and a place with nothing are none', async () => {
  expect(await findTinyAutoencoderFile(await written(convolution('decoder.conv_in', 4, 4)))).toBeNull();
  expect(await findTinyAutoencoderFile(scratch)).toBeNull();
  expect(await findTinyAutoencoderFile(path.join(scratch, 'absent'))).toBeNull();
});

test('a file that is neither is told so', async () => {
  await expect(readTinyAutoencoderFile(await written(convolution('0', 4, 4)))).rejects.toMatchObject({
    kind: 'unfit-model',
    message: 'tae.safetensors is no tiny autoencoder: it has no layers like 3.conv.0.weight.',
  });
});

describe('another kind of tiny autoencoder is refused by the layer that shows it', () => {
  test.each<[string, Record<string, WritableTensor>, string]>([
    [
      'Sana’s encoder, with two convolutions first',
      {
        ...convolution('0', 8, 3),
        ...convolution('2', 8, 8),
        ...block('4'),
        ...convolution('5', 8, 8, { bias: false }),
        ...convolution('6', 32, 8),
      },
      'layer 2 shows',
    ],
    [
      'a video model’s, whose blocks see two frames',
      { ...decoder(), '3.conv.0.weight': convolution('a', 8, 16)['a.weight']! },
      'layer 3 shows',
    ],
    ['one with a larger picture to shuffle', { ...decoder(), ...convolution('10', 12, 8) }, 'layer 10 shows'],
    ['more layers behind the last', { ...decoder(), ...convolution('11', 3, 3) }, 'layer 10 shows'],
    ['a bias where the size doubles', { ...decoder(), ...convolution('5', 8, 8) }, 'layer 5 shows'],
  ])('%s', async (_what, tensors, layer) => {
    await expect(readTinyAutoencoderFile(await written(tensors))).rejects.toMatchObject({
      kind: 'unfit-model',
      message: expect.stringContaining(layer) as string,
    });
  });

  test('a decoder that is cut short', async () => {
    const { '10.weight': _last, ...cut } = decoder();
    await expect(readTinyAutoencoderFile(await written(cut))).rejects.toThrow('layer 11 shows');
  });
});

test('two ways of different latents do not belong together', async () => {
  const file = await written({
    ...tinyEncoder({ latentChannels: 4, prefix: 'encoder.' }),
    ...tinyDecoder({ latentChannels: 16, prefix: 'decoder.' }),
  });
  await expect(readTinyAutoencoderFile(file)).rejects.toThrow('their latents differ in channels');
});

test('a quantised GGUF is refused by its format', async () => {
  const file = path.join(scratch, 'q8.gguf');
  await writeFile(file, quantisedGguf());
  await expect(readTinyAutoencoderFile(file)).rejects.toMatchObject({
    kind: 'unsupported',
    message:
      'q8.gguf is quantised (1.weight is Q8_0), which is read of language models only: choose a version in F16 or F32.',
  });
});

/** Version 3, no pairs, one tensor of a block of Q8_0. */
function quantisedGguf(): Buffer {
  const header = Buffer.alloc(24);
  header.write('GGUF');
  header.writeUInt32LE(3, 4);
  header.writeBigUInt64LE(1n, 8);
  const tensor = Buffer.alloc(8 + 8 + 4 + 8 + 4 + 8);
  tensor.writeBigUInt64LE(8n, 0);
  tensor.write('1.weight', 8);
  tensor.writeUInt32LE(1, 16);
  tensor.writeBigUInt64LE(32n, 20);
  tensor.writeUInt32LE(8, 28);
  const written = Buffer.concat([header, tensor]);
  return Buffer.concat([written, Buffer.alloc(32 - (written.length % 32)), Buffer.alloc(34)]);
}
