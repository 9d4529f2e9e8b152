/** Which of the files beside a config.json are a component's weights: a tiny autoencoder of one stage stands for all. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireFit } from '../../../../native-models/runtime/open-network.js';
import { readComponent } from '../../../../native-models/weight-formats/component-folder.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import type { TorchTensors } from '../../../torch-files.js';
import { Pickle, writeTorchLegacy, writeTorchZip, writeZip } from '../../../torch-files.js';

const config = {
  _class_name: 'AutoencoderTiny',
  encoder_block_out_channels: [8],
  decoder_block_out_channels: [8],
  num_encoder_blocks: [0],
  num_decoder_blocks: [0],
};

/** [O, C, 3, 3] each, and its bias. */
const shapes: Readonly<Record<string, readonly [number, number]>> = {
  'encoder.layers.0': [8, 3],
  'encoder.layers.1': [4, 8],
  'decoder.layers.0': [8, 4],
  'decoder.layers.2': [3, 8],
};

function tensors(only = ''): TorchTensors {
  const zeros = (...shape: number[]) => {
    const bytes = new Uint8Array(4 * shape.reduce((product, size) => product * size, 1));
    return { dtype: 'F32', shape, bytes } as const;
  };
  const layers = Object.entries(shapes).filter(([name]) => name.startsWith(only));
  return Object.fromEntries(
    layers.flatMap(([name, [out, channels]]) => [
      [`${name}.weight`, zeros(out, channels, 3, 3)],
      [`${name}.bias`, zeros(out)],
    ]),
  );
}

let scratch: string;
let folder: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'inkstone-component-'));
});
afterAll(() => rm(scratch, { recursive: true }));
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(scratch, 'folder-')), 'vae');
  await mkdir(folder);
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
});

const within = (name: string): string => path.join(folder, name);

/** Names of the files that were chosen; they fit the config. */
async function chosen(): Promise<string[]> {
  const component = await readComponent(folder);
  expect(() => requireFit(component)).not.toThrow();
  return component.weights.files.map(({ file }) => path.basename(file));
}

describe('weights in torch’s own formats', () => {
  test('a .bin', async () => {
    await writeTorchZip(within('diffusion_pytorch_model.bin'), tensors());
    expect(await chosen()).toEqual(['diffusion_pytorch_model.bin']);
  });

  test('a .bin of the years before 2020', async () => {
    await writeTorchLegacy(within('pytorch_model.bin'), tensors());
    expect(await chosen()).toEqual(['pytorch_model.bin']);
  });

  test('one of a variant, beside what a trainer left', async () => {
    await writeTorchZip(within('diffusion_pytorch_model.fp16.bin'), tensors());
    await writeTorchZip(within('diffusion_pytorch_model.non_ema.bin'), tensors());
    await writeFile(within('optimizer.bin'), 'x');
    expect(await chosen()).toEqual(['diffusion_pytorch_model.fp16.bin']);
  });

  test('shards, by their index', async () => {
    const names = [1, 2].map((part) => `diffusion_pytorch_model-0000${part}-of-00002.bin`);
    await writeTorchZip(within(names[0]!), tensors('encoder'));
    await writeTorchZip(within(names[1]!), tensors('decoder'));
    const map = Object.keys(tensors()).map((name) => [name, names[name.startsWith('encoder') ? 0 : 1]]);
    const index = JSON.stringify({ weight_map: Object.fromEntries(map) as unknown });
    await writeFile(within('diffusion_pytorch_model.bin.index.json'), index);
    expect(await chosen()).toEqual(names);
  });

  test('a lone file of any name', async () => {
    await writeTorchZip(within('taesd.pth'), tensors());
    expect(await chosen()).toEqual(['taesd.pth']);
  });

  test('a .safetensors goes before them', async () => {
    await writeTorchZip(within('diffusion_pytorch_model.bin'), tensors());
    await writeSafetensors(within('diffusion_pytorch_model.fp16.safetensors'), tensors());
    expect(await chosen()).toEqual(['diffusion_pytorch_model.fp16.safetensors']);
  });

  test('one that wants to run code is refused by what it wanted', async () => {
    const evil = new Pickle().global('posix', 'system').op('(').text('true').op('tR').end();
    await writeZip(within('diffusion_pytorch_model.bin'), [['data.pkl', evil]]);
    await expect(readComponent(folder)).rejects.toThrow(
      /^vae\/diffusion_pytorch_model\.bin wants to run posix\.system when it is opened/,
    );
  });
});

test('several files with no name of weights are none', async () => {
  await writeFile(within('optimizer.bin'), 'x');
  await writeFile(within('scheduler.bin'), 'x');
  await expect(readComponent(folder)).rejects.toMatchObject({
    kind: 'missing-file',
    message: 'vae has no weights: neither a .safetensors nor a .bin file stands beside its config.json.',
  });
});

test('a tiny autoencoder with more layers than its config has is refused', async () => {
  const more = { 'decoder.layers.3.conv.0.weight': tensors()['encoder.layers.0.weight']! };
  await writeTorchZip(within('diffusion_pytorch_model.bin'), { ...tensors(), ...more });
  const component = await readComponent(folder);
  expect(() => requireFit(component)).toThrow('decoder.layers.3.conv.0.weight for one');
});
