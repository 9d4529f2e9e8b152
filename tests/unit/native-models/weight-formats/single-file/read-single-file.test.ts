import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadTextToImage } from '../../../../../native-models/pipelines/load-text-to-image.js';
import { openNetwork, requireFit } from '../../../../../native-models/runtime/open-network.js';
import { readModelComponent } from '../../../../../native-models/weight-formats/read-picture-model.js';
import { readSingleFile } from '../../../../../native-models/weight-formats/single-file/read-single-file.js';
import {
  MERGES,
  singleFileGolden,
  writeCheckpoint,
  type SingleFileGolden,
} from '../../../../parity/single-file-model.js';

vi.setConfig({ testTimeout: 30_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Tensors = SingleFileGolden['checkpoint'];
let files = 0;

/** The golden's checkpoint with other tensors; `name` is what the file is called. */
async function checkpoint(
  family: 'sd1' | 'sd2' | 'sdxl',
  change: (tensors: Tensors) => Tensors = (tensors) => tensors,
  name = `model-${files++}.safetensors`,
): Promise<string> {
  const { description } = singleFileGolden(family);
  return writeCheckpoint({ ...description, checkpoint: change(description.checkpoint) }, join(folder, name));
}

const without = (pattern: RegExp) => (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !pattern.test(name)));
const renamed = (from: RegExp, to: string) => (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name.replace(from, to), stored]));
const also = (more: Record<string, readonly number[]>) => (tensors: Tensors) => ({
  ...tensors,
  ...Object.fromEntries(Object.entries(more).map(([name, shape]) => [name, { shape, from: null }])),
});

describe('what is read of a checkpoint', () => {
  test('of Stable Diffusion 1 is what its tensors tell', async () => {
    const file = await checkpoint('sd1');
    const model = await readSingleFile(file);
    expect(model).toMatchObject({
      path: file,
      family: 'sd1',
      prediction: 'epsilon',
      inChannels: 4,
      dtype: 'F32',
      tokenizer: { pad: 'end' },
      textEncoder2: null,
      notices: [],
      bytes: (await readFile(file)).byteLength,
    });
    expect(model.textEncoder?.config).toMatchObject({
      layers: 3,
      heads: 1,
      activation: 'quick_gelu',
      projection: null,
    });
    expect(model.unet.weights.files[0]?.file).toBe(file);
  });

  test('of Stable Diffusion 2 leaves out the last layer of its text encoder', async () => {
    const { textEncoder, tokenizer, prediction, notices, schedulerConfig } = await readSingleFile(
      await checkpoint('sd2'),
    );
    expect(textEncoder?.config).toMatchObject({ layers: 3, activation: 'gelu', projection: null });
    expect(() => requireFit(textEncoder!)).not.toThrow();
    expect(tokenizer).toEqual({ pad: '!' });
    expect({ prediction, notices }).toEqual({
      prediction: 'v_prediction',
      notices: ['It predicts velocity (v): its metadata says so.'],
    });
    expect(schedulerConfig).toMatchObject({ prediction_type: 'v_prediction', beta_schedule: 'scaled_linear' });
  });

  test('of SDXL has both text encoders and their tokenizers', async () => {
    const { family, textEncoder, textEncoder2, ...model } = await readSingleFile(await checkpoint('sdxl'));
    expect(family).toBe('sdxl');
    expect(textEncoder?.config).toMatchObject({ width: 64, activation: 'quick_gelu', projection: null });
    expect(textEncoder2?.config).toMatchObject({ width: 128, layers: 4, activation: 'gelu', projection: 128 });
    expect(model).toMatchObject({ tokenizer: { pad: 'end' }, tokenizer2: { pad: '!' }, emptyNegativeIsZeros: true });
    expect(model.unet.config.textTime).toEqual({ width: 256, inputWidth: 128 + 6 * 256 });
  });

  test('is the same where a merge lost a word of the names, and keeps averaged weights and schedules beside', async () => {
    const merge = await checkpoint('sd1', (tensors) =>
      also({
        'model_ema.diffusion_modelinput_blocks00weight': [64, 4, 3, 3],
        'model_ema.decay': [],
        alphas_cumprod: [1000],
        'cond_stage_model.transformer.embeddings.position_ids': [1, 24],
        'cond_stage_model.logit_scale': [],
      })(renamed(/^(cond_stage_model\.transformer\.)text_model\./, '$1')(tensors)),
    );
    const [one, other] = [await readSingleFile(merge), await readSingleFile(await checkpoint('sd1'))];
    expect(one.textEncoder?.config).toEqual(other.textEncoder?.config);
    expect(one.unet.config).toEqual(other.unet.config);
    for (const part of [one.unet, one.vae, one.textEncoder!]) expect(() => requireFit(part)).not.toThrow();
  });

  test('has its name and settings from the card beside it', async () => {
    await writeFile(join(folder, 'carded.inkstone.json'), JSON.stringify({ name: 'Hearts', defaults: { steps: 9 } }));
    const { name, card } = await readSingleFile(await checkpoint('sd1', undefined, 'carded.safetensors'));
    expect({ name, card }).toEqual({ name: 'Hearts', card: { name: 'Hearts', defaults: { steps: 9 } } });
  });
});

describe('one sentence says what is wrong with', () => {
  test.each<[string, 'sd1' | 'sd2' | 'sdxl', (tensors: Tensors) => Tensors, RegExp]>([
    [
      'no autoencoder',
      'sd1',
      without(/^first_stage/),
      /has no autoencoder: choose a version of it with the VAE baked in/,
    ],
    [
      'no text encoder',
      'sd1',
      without(/^cond_stage/),
      /has no text encoder of Stable Diffusion: choose the whole checkpoint/,
    ],
    [
      'half of SDXL’s text encoders',
      'sdxl',
      without(/^conditioner\.embedders\.1/),
      /has no text encoder of Stable Diffusion/,
    ],
    [
      'no UNet',
      'sd1',
      without(/^model\./),
      /is no Stable Diffusion checkpoint: it has no model\.diffusion_model\.input_blocks/,
    ],
    [
      'half an autoencoder',
      'sd1',
      without(/^first_stage_model\.encoder\.down/),
      /it has no tensor first_stage_model\.encoder\.down\.0\.block\.0\.conv1\.weight/,
    ],
    [
      'a lost end',
      'sd1',
      without(/\.out\.2\./),
      /is no whole checkpoint: it has no tensor model\.diffusion_model\.out\.2\.weight/,
    ],
    ['a foreign vocabulary', 'sd1', also({ 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight': [3037, 64] }), /has a vocabulary of 3037 tokens, which is not CLIP’s/], // prettier-ignore
    ['Playground 2.5', 'sdxl', also({ edm_mean: [1] }), /is Playground 2\.5/],
    ['the upscaler', 'sd2', also({ 'low_scale_model.sqrt_alphas_cumprod': [1] }), /is Stable Diffusion’s upscaler/],
    ['a video model', 'sd2', also({ 'model.diffusion_model.input_blocks.1.1.time_stack.0.norm1.weight': [1] }), /is Stable Video Diffusion/], // prettier-ignore
  ])('%s', async (_what, family, change, sentence) => {
    const file = await checkpoint(family, change);
    await expect(readSingleFile(file)).rejects.toMatchObject({
      message: expect.stringMatching(sentence) as string,
      file,
    });
  });

  test('a download that was cut short', async () => {
    const file = await checkpoint('sd1');
    await truncate(file, 3_000_000);
    await expect(readSingleFile(file)).rejects.toThrow(/is cut short: .* Download it again\.$/);
  });

  test('layers that the network of its other shapes has no place for', async () => {
    const layer = 'model.diffusion_model.middle_block.3.in_layers.0.weight';
    const { unet } = await readSingleFile(await checkpoint('sd1', also({ [layer]: [128] })));
    expect(() => requireFit(unet)).toThrow(`${layer} for one`);
  });

  test('a missing layer', async () => {
    const file = await checkpoint('sd1', without(/output_blocks\.1\.0\.emb_layers/));
    const { unet } = await readSingleFile(file);
    expect(() => requireFit(unet)).toThrow('(unet) has no tensor up_blocks.0.resnets.1.time_emb_proj.weight');
  });

  test('inpainting and SDXL’s refiner, where pictures are to be made', async () => {
    const start = 'model.diffusion_model.input_blocks.0.0.weight';
    const load = async (file: string) => loadTextToImage(await readSingleFile(file), 'cpu', { openAIMerges: MERGES });
    const inpainting = await checkpoint('sd1', also({ [start]: [64, 9, 3, 3] }));
    expect((await readSingleFile(inpainting)).inChannels).toBe(9);
    await expect(load(inpainting)).rejects.toThrow(
      "takes 9 channels, not only the picture's 4: it is made for inpainting",
    );
    const refiner = await checkpoint('sdxl', (tensors) =>
      renamed(/^conditioner\.embedders\.1/, 'conditioner.embedders.0')(without(/^conditioner\.embedders\.0/)(tensors)),
    );
    await expect(load(refiner)).rejects.toThrow('is SDXL’s refiner');
  });
});

test('a NaN in one part is found when that part is opened, and the others run', async () => {
  const file = await checkpoint('sd1');
  const { unet, vae } = await readSingleFile(file);
  const { offset } = vae.weights.find('decoder.conv_in.weight') as { offset: number };
  const bytes = await readFile(file);
  bytes.writeFloatLE(NaN, offset);
  await writeFile(file, bytes);
  const again = await readSingleFile(file);
  const sizes = { batch: 1, height: 8, width: 8 };
  const network = await openNetwork({
    component: 'unet',
    files: again.unet,
    device: 'cpu',
    sizes: { ...sizes, tokens: 24 },
  });
  await network.release();
  const decoder = openNetwork({ component: 'vae_decoder', files: again.vae, device: 'cpu', sizes });
  await expect(decoder).rejects.toThrow('(vae) is damaged: decoder.conv_in.weight holds values that are not numbers');
  const stale = openNetwork({ component: 'unet', files: unet, device: 'cpu', sizes: { ...sizes, tokens: 24 } });
  await expect(stale).rejects.toThrow('changed while it was in use');
});

test('a component is taken from a file as from a folder', async () => {
  const file = await checkpoint('sd1');
  expect((await readModelComponent(file, 'vae')).kind).toBe('vae');
  await expect(readModelComponent(file, 'text_encoder_2')).rejects.toThrow('has no text_encoder_2.');
});
