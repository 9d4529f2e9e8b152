/** CLIPs in single files: what they are told from, and what is refused. What they compute is in tests/parity. */
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { guessActivation } from '../../../../native-models/weight-formats/clip-activation.js';
import { readClipFile } from '../../../../native-models/weight-formats/clip-file.js';
import { readClip } from '../../../../native-models/weight-formats/clip-folder.js';
import { parseOpenClipConfig } from '../../../../native-models/weight-formats/open-clip-config.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { readGolden } from '../../../parity/golden.js';
import { seededTensors } from '../../../parity/seeded-weights.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures/clip');
const { tensors, config } = readGolden<{ tensors: Record<string, number[]>; config: object }>(
  'clip-spellings',
  'open-clip',
).description;

let scratch = '';
let folder = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'clip-file-'));
});
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(scratch, 'case-')), 'judge');
  await mkdir(folder);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function written(name: string, shapes: Record<string, number[]>): Promise<string> {
  const file = path.join(folder, name);
  await writeSafetensors(file, seededTensors(shapes));
  return file;
}

test('a file with its config beside it is what the folder is', async () => {
  await cp(embedded, folder, { recursive: true });
  const [whole, file] = [await readClip(folder), await readClip(path.join(folder, 'model.safetensors'))];
  expect(file.config).toEqual(whole.config);
  expect(file.notices).toEqual([]);
  expect(file.identities).toHaveLength(2);
});

test('without it the sizes are those of the shapes', async () => {
  await cp(path.join(embedded, 'model.safetensors'), path.join(folder, 'clip.safetensors'));
  const whole = await readClip(embedded);
  const { config: told, notices } = await readClipFile(path.join(folder, 'clip.safetensors'));
  const { heads: _heads, epsilon: _epsilon, activation: _activation, ...vision } = whole.config.vision;
  expect(told.vision).toMatchObject(vision);
  expect(notices).toHaveLength(1);
});

test('OpenCLIP’s folder is read by its own config, also where a config of something else stands there', async () => {
  await written('open_clip_model.safetensors', tensors);
  await writeFile(path.join(folder, 'open_clip_config.json'), JSON.stringify(config));
  expect((await readClip(folder)).config).toMatchObject({ vision: { heads: 4 }, text: { heads: 4, layers: 3 } });
  await writeFile(path.join(folder, 'config.json'), '{"architecture": "vit_base_patch32_clip_224"}');
  expect((await readClip(folder)).config.vision.heads).toBe(4);
});

test('a layer of the text tower that the file lacks is told by its name', async () => {
  const { 'transformer.resblocks.1.attn.in_proj_weight': _, ...rest } = tensors;
  const files = await readClipFile(await written('cut.safetensors', rest));
  expect(files.config.text?.layers).toBe(3);
  expect(files.weights.find('text_model.encoder.layers.1.self_attn.k_proj.weight')).toBeNull();
});

test('queries, keys and values are thirds of one matrix, in place', async () => {
  const { weights } = await readClipFile(await written('vit.safetensors', tensors));
  const whole = weights.find('visual.transformer.resblocks.0.attn.in_proj_weight')!;
  const parts = ['q', 'k', 'v'].map((part) =>
    weights.find(`vision_model.encoder.layers.0.self_attn.${part}_proj.weight`)!,
  );
  expect(parts.map(({ shape }) => shape)).toEqual([0, 1, 2].map(() => [128, 128]));
  expect(parts.map(({ offset }) => offset - whole.offset)).toEqual([0, 65536, 131072]);
  expect(parts.every(({ byteLength }) => byteLength === 65536)).toBe(true);
});

describe('what is no such CLIP is told by what it is', () => {
  test.each<[string, Record<string, number[]>, string]>([
    ['a ResNet', { 'visual.layer1.0.conv1.weight': [4, 4, 1, 1] }, 'is a CLIP with a ResNet'],
    ['a tower of timm', { 'visual.trunk.cls_token': [1, 1, 4] }, 'vision tower is of another kind (timm’s)'],
    ['a text tower', { 'text_model.final_layer_norm.weight': [4] }, 'is a text tower without pictures'],
    ['something else', { 'conv_in.weight': [4, 4, 3, 3] }, 'is no CLIP: it has neither'],
  ])('%s', async (_, shapes, sentence) => {
    const reading = readClipFile(await written('thing.safetensors', shapes));
    await expect(reading).rejects.toThrow(sentence);
    await expect(reading).rejects.toMatchObject({ kind: 'unfit-model' });
  });

  test('a width that tells no heads', async () => {
    const shapes = readGolden<{ tensors: Record<string, number[]> }>('networks', 'clip-quick-gelu-image').description;
    const reading = readClipFile(await written('odd.safetensors', shapes.tensors));
    await expect(reading).rejects.toThrow(/how many heads a tower of width 4\d has cannot be told/);
  });

  test('a kind of OpenCLIP that is not authored', () => {
    const parse = (vision: object, text: object = {}) =>
      parseOpenClipConfig({ model_cfg: { vision_cfg: vision, text_cfg: text } as never }, 'open_clip_config.json');
    expect(parse({ width: 1280, head_width: 80 })).toMatchObject({ visionHeads: 16, activation: 'gelu' });
    expect(() => parse({ timm_model_name: 'convnext_base' })).toThrow('vision_cfg: timm_model_name "convnext_base"');
    expect(() => parse({ layers: [3, 4, 6, 3] })).toThrow('vision_cfg: layers [3,4,6,3]');
    expect(() => parse({}, { hf_model_name: 'roberta-base' })).toThrow('text_cfg: hf_model_name "roberta-base"');
  });
});

describe('the activation', () => {
  const lone = { names: new Set<string>(), place: 'models/vit.safetensors', visionWidth: 768, imageSize: 224 };
  test.each([
    ['OpenAI’s own numbers', { names: new Set(['input_resolution', 'context_length']) }, 'quick_gelu', null],
    ['a name of LAION’s', { place: 'CLIP-ViT-B-32-laion2B-s34B-b79K/model.safetensors' }, 'gelu', 'its name'],
    ['a name of DFN’s', { place: 'DFN5B-CLIP-ViT-H-14/x.bin', visionWidth: 1280 }, 'quick_gelu', 'its name'],
    ['a size of LAION’s', { visionWidth: 1280 }, 'gelu', 'its size'],
    ['OpenAI’s L/14 at 336 pixels', { visionWidth: 1024, imageSize: 336 }, 'quick_gelu', 'its size'],
    ['nothing but its names', {}, 'gelu', 'the OpenCLIP names of its tensors'],
  ] as const)('by %s', (_, evidence, activation, reason) => {
    expect(guessActivation({ ...lone, spelling: 'openai', ...evidence })).toEqual({ activation, reason });
  });

  test('of a lone file is guessed from its folder’s name, too', async () => {
    await written('open_clip_model.safetensors', tensors);
    const renamed = path.join(path.dirname(folder), 'ViT-tiny-openai');
    await rename(folder, renamed);
    const { config: told } = await readClipFile(path.join(renamed, 'open_clip_model.safetensors'));
    expect(told.vision.activation).toBe('quick_gelu');
  });
});
