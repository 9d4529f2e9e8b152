/** Reading model folders: the embedded one as anyone's, and what is said of folders that are not whole. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { requireFit } from '../../../../native-models/runtime/open-network.js';
import { readDiffusersFolder, readNamedComponent } from '../../../../native-models/weight-formats/diffusers-folder.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let scratch = '';
let folder = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'folders-'));
});
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(scratch, 'case-')), 'ink-model');
  await cp(embedded, folder, { recursive: true });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const within = (...names: string[]): string => path.join(folder, ...names);

async function editJson(file: string, edit: (json: Record<string, unknown>) => void): Promise<void> {
  const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  edit(json);
  await writeFile(file, JSON.stringify(json));
}

test('the embedded model is read as any folder is', async () => {
  const model = await readDiffusersFolder(embedded);
  expect(model).toMatchObject({
    name: 'Inkstone pictures',
    family: 'sd1',
    prediction: 'v_prediction',
    inChannels: 4,
    dtype: 'F16',
    card: { defaults: { steps: 25, cfg: 2.5, sampler: 'ddim', schedule: 'normal', width: 64, height: 64 } },
    textEncoder2: null,
  });
  expect(model.textEncoder?.config).toMatchObject({
    width: 192,
    layers: 4,
    heads: 3,
    endToken: 3036,
    projection: null,
  });
  expect(model.tokenizer).toMatchObject({ files: { 'vocab.json': expect.stringMatching(/vocab.json$/) as string } });
  expect(model.bytes).toBe(model.unet.bytes + model.vae.bytes + (model.textEncoder?.bytes ?? 0));
  expect(model.identities.map(({ file }) => path.basename(file))).toEqual(
    expect.arrayContaining(['model_index.json', 'scheduler_config.json', 'vocab.json', 'model.safetensors']),
  );
  for (const component of [model.unet, model.vae, model.textEncoder!])
    expect(() => requireFit(component)).not.toThrow();
});

test('a component is read from its own folder, too', async () => {
  expect((await readNamedComponent(path.join(embedded, 'unet'), 'unet')).kind).toBe('unet');
  await expect(readNamedComponent(path.join(embedded, 'vae'), 'unet')).rejects.toThrow('vae holds a vae, not a unet.');
  await expect(readNamedComponent(embedded, 'text_encoder_2')).rejects.toThrow(
    'pictures has no text_encoder_2: its model_index.json names none.',
  );
});

describe('one sentence says what is wrong with', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['no index', () => rm(within('model_index.json')), 'ink-model/model_index.json is not there or cannot be read.'],
    [
      'an index that is no JSON',
      () => writeFile(within('model_index.json'), '{'),
      'ink-model/model_index.json is not a JSON object. Download it again.',
    ],
    [
      'a missing component',
      () => rm(within('vae'), { recursive: true }),
      'ink-model is incomplete: its model_index.json names vae, and there is no such folder. Download it again.',
    ],
    [
      'a missing tokenizer',
      () => rm(within('tokenizer'), { recursive: true }),
      'ink-model is incomplete: its model_index.json names tokenizer, and there is no such folder. Download it again.',
    ],
    ['a missing config', () => rm(within('unet/config.json')), 'unet/config.json is not there or cannot be read.'],
    [
      'missing weights',
      () => rm(within('unet/diffusion_pytorch_model.safetensors')),
      'unet has no weights: neither a .safetensors nor a .bin file stands beside its config.json.',
    ],
    [
      'another kind of model',
      () =>
        editJson(within('model_index.json'), (json) => {
          json['_class_name'] = 'FluxPipeline';
        }),
      'ink-model is a FluxPipeline, which is not supported; Stable Diffusion 1.x and 2.x folders are.',
    ],
    [
      'an index without a network',
      () =>
        editJson(within('model_index.json'), (json) => {
          json['unet'] = undefined;
        }),
      'ink-model/model_index.json names no unet.',
    ],
    [
      'a component of another class',
      () =>
        editJson(within('model_index.json'), (json) => {
          json['text_encoder'] = ['transformers', 'T5EncoderModel'];
        }),
      'ink-model: its text_encoder is a T5EncoderModel, which this studio does not run (it runs CLIPTextModel, CLIPTextModelWithProjection).',
    ],
    [
      'a config of the wrong type',
      () =>
        editJson(within('unet/config.json'), (json) => {
          json['block_out_channels'] = '320';
        }),
      'unet/config.json: block_out_channels should be a list of whole numbers, got "320".',
    ],
    [
      'a network that is not run',
      () =>
        editJson(within('unet/config.json'), (json) => {
          json['attention_type'] = 'gated';
        }),
      'unet/config.json: attention_type "gated" is a kind of network this studio does not run (supported: "default").',
    ],
    [
      'a block that is not run',
      () =>
        editJson(within('unet/config.json'), (json) => {
          json['down_block_types'] = ['AttnDownBlock2D', 'DownBlock2D'];
        }),
      'unet/config.json: down_block_types ["AttnDownBlock2D","DownBlock2D"] is a kind of network this studio does not run (known blocks: CrossAttnDownBlock2D, DownBlock2D).',
    ],
    [
      'lists of different length',
      () =>
        editJson(within('unet/config.json'), (json) => {
          json['layers_per_block'] = [1, 2, 3];
        }),
      'unet/config.json: layers_per_block should be one entry for each of the 2 blocks, got [1,2,3].',
    ],
    [
      'an unknown prediction',
      () =>
        editJson(within('scheduler/scheduler_config.json'), (json) => {
          json['prediction_type'] = 'flow';
        }),
      'ink-model/scheduler/scheduler_config.json: prediction_type "flow" is not known here (known: epsilon, v_prediction, sample).',
    ],
    [
      'a card with a fault',
      () => writeFile(within('inkstone.json'), '{"defaults":{"steps":0}}'),
      'inkstone.json: defaults.steps: Too small: expected number to be >=1. Mend it or take it away.',
    ],
  ])('%s', async (_, damage, sentence) => {
    await damage();
    await expect(readDiffusersFolder(folder)).rejects.toThrow(sentence);
  });
});

describe('a config that does not fit its weights', () => {
  const fit = async (edit: (json: Record<string, unknown>) => void): Promise<void> => {
    await editJson(within('unet/config.json'), edit);
    requireFit(await readNamedComponent(folder, 'unet'));
  };

  test('is refused by the first tensor of another shape', async () => {
    await expect(
      fit((json) => {
        json['in_channels'] = 9;
      }),
    ).rejects.toThrow(
      'unet/diffusion_pytorch_model.safetensors: conv_in.weight is [96, 4, 3, 3], its config asks for [96, 9, 3, 3].',
    );
  });

  test('is refused when it asks for layers that are not there', async () => {
    await expect(
      fit((json) => {
        json['layers_per_block'] = 2;
      }),
    ).rejects.toThrow(
      'unet/diffusion_pytorch_model.safetensors has no tensor down_blocks.0.resnets.1.norm1.weight, which its config asks for.',
    );
  });

  test('is refused when weights would stay unused', async () => {
    await expect(
      fit((json) => {
        json['mid_block_type'] = null;
      }),
    ).rejects.toThrow(
      /holds 46 tensors that its config\.json has no place for, mid_block\.\S+ for one: config and weights are of different models\./,
    );
  });

  test('is refused when its parts do not fit each other', async () => {
    await expect(
      fit((json) => {
        json['norm_num_groups'] = 36;
      }),
    ).rejects.toThrow(
      /describes no network that fits together \(GroupNorm: input should be divisible into 36 groups of channels/,
    );
  });
});

test('weights in shards and of a variant are found', async () => {
  const whole = within('unet/diffusion_pytorch_model.safetensors');
  const entries = Object.entries(await readTensors(whole));
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of [entries.slice(0, 50), entries.slice(50)].entries()) {
    const name = `diffusion_pytorch_model-0000${index + 1}-of-00002.safetensors`;
    await writeSafetensors(within('unet', name), Object.fromEntries(shard));
    for (const [tensor] of shard) weightMap[tensor] = name;
  }
  await rm(whole);
  await writeFile(`${whole}.index.json`, JSON.stringify({ weight_map: weightMap }));
  await rename(
    within('vae/diffusion_pytorch_model.safetensors'),
    within('vae/diffusion_pytorch_model.fp16.safetensors'),
  );

  const { unet, vae } = await readDiffusersFolder(folder);
  expect(unet.weights.files).toHaveLength(2);
  expect(unet.dtype).toBe('F32');
  expect(() => requireFit(unet)).not.toThrow();
  expect(() => requireFit(vae)).not.toThrow();
});

test('numbers that are not finite stand in configs as Python writes them', async () => {
  const file = within('scheduler/scheduler_config.json');
  const text = await readFile(file, 'utf8');
  await writeFile(
    file,
    text.replace('{', '{ "lambda_min_clipped": -Infinity, "note": "NaN, \\"Infinity\\"", "x": NaN,'),
  );
  const { schedulerConfig } = await readDiffusersFolder(folder);
  expect(schedulerConfig).toMatchObject({ lambda_min_clipped: -Infinity, note: 'NaN, "Infinity"', x: null });
});

test('an index of shards that points out of its folder is refused', async () => {
  await rm(within('unet/diffusion_pytorch_model.safetensors'));
  const index = JSON.stringify({ weight_map: { a: '../../secret.safetensors' } });
  await writeFile(within('unet/diffusion_pytorch_model.safetensors.index.json'), index);
  await expect(readDiffusersFolder(folder)).rejects.toThrow(
    'unet/diffusion_pytorch_model.safetensors.index.json does not list its shards.',
  );
});
