/** The configs of whole CLIPs, and weights that do not fit them. What the networks compute is in tests/parity. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { parseClipConfig } from '../../../../native-models/architectures/clip-model.js';
import { ConfigReader } from '../../../../native-models/architectures/config-reader.js';
import type { JsonObject } from '../../../../native-models/architectures/config-reader.js';
import { openNetwork, requireFit } from '../../../../native-models/runtime/open-network.js';
import type { ClipFiles } from '../../../../native-models/weight-formats/component-folder.js';
import { readComponent } from '../../../../native-models/weight-formats/component-folder.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { readGolden } from '../../../parity/golden.js';
import { seededTensors } from '../../../parity/seeded-weights.js';

const parse = (json: JsonObject) => parseClipConfig(new ConfigReader(json, 'clip/config.json'));

test('a config that tells nothing is OpenAI’s ViT-B/32', () => {
  expect(parse({ architectures: ['CLIPModel'], model_type: 'clip' })).toMatchObject({
    text: { width: 512, layers: 12, heads: 8, positions: 77, endToken: 49407, projection: 512 },
    vision: { width: 768, layers: 12, heads: 12, imageSize: 224, patchSize: 32, projection: 512 },
  });
});

test('both towers are projected to the width that the whole tells, not their own', () => {
  const config = { projection_dim: 768, text_config: { projection_dim: 1 }, vision_config: { projection_dim: 2 } };
  expect(parse(config)).toMatchObject({ text: { projection: 768 }, vision: { projection: 768 } });
});

test('the copy that old files keep of a tower’s config is the one that counts', () => {
  const { text } = parse({
    text_config: { hidden_size: 640, eos_token_id: 2 },
    text_config_dict: { hidden_size: 768, num_attention_heads: 12 },
  });
  expect(text).toMatchObject({ width: 768, heads: 12, endToken: 49407 });
});

test('a vision tower alone has no text', () => {
  const json = { architectures: ['CLIPVisionModelWithProjection'], model_type: 'clip_vision_model', hidden_size: 1280 };
  expect(parse(json)).toMatchObject({ text: null, vision: { width: 1280 } });
});

describe('one sentence says what is wrong with', () => {
  test.each<[string, JsonObject, string]>([
    [
      'a tower of another kind',
      { vision_config: { model_type: 'siglip_vision_model' } },
      'clip/config.json: vision_config: model_type "siglip_vision_model" is a kind of network this studio does not run (supported: "clip_vision_model").',
    ],
    [
      'a tower that is no object',
      { text_config: 'large' },
      'clip/config.json: text_config should be an object of fields, got "large".',
    ],
    [
      'patches larger than the picture',
      { vision_config: { image_size: 24, patch_size: 32 } },
      'clip/config.json: vision_config: patch_size should be at most the image_size 24, got 32.',
    ],
  ])('%s', (_, json, sentence) => {
    expect(() => parse(json)).toThrow(sentence);
  });
});

describe('weights', () => {
  interface Description {
    readonly config: { readonly vision_config: object; readonly text_config: object };
    readonly tensors: Record<string, number[]>;
  }
  const { config, tensors } = readGolden<Description>('networks', 'clip-quick-gelu-image').description;
  let scratch = '';
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'clip-model-'));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  async function clip(shapes: Record<string, number[]>, json: object = config): Promise<ClipFiles> {
    const folder = await mkdtemp(path.join(scratch, 'clip-'));
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(json));
    await writeSafetensors(path.join(folder, 'model.safetensors'), seededTensors(shapes));
    const files = await readComponent(folder, 'clip');
    if (files.kind !== 'clip') throw new Error(`read as ${files.kind}`);
    return files;
  }

  test('of the config fit', async () => {
    expect(requireFit(await clip(tensors))).toBeUndefined();
  });

  test('of one tower’s layer too many are refused, whichever tower is opened', async () => {
    const files = await clip({ ...tensors, 'text_model.encoder.layers.2.layer_norm1.weight': [40] });
    const sentence =
      'clip/model.safetensors holds 1 tensors that its config.json has no place for, text_model.encoder.layers.2.layer_norm1.weight for one';
    expect(() => requireFit(files)).toThrow(sentence);
    const open = { files, device: 'cpu' } as const;
    await expect(openNetwork({ component: 'clip_text', sizes: { batch: 1, tokens: 5 }, ...open })).rejects.toThrow(
      sentence,
    );
    const image = await openNetwork({ component: 'clip_image', sizes: { batch: 1 }, ...open });
    await image.release();
  });

  test('without a projection are refused by its name', async () => {
    const { 'visual_projection.weight': _, ...rest } = tensors;
    const files = await clip(rest);
    expect(() => requireFit(files)).toThrow('has no tensor visual_projection.weight, which its config asks for.');
  });

  test('of another number of places are refused', async () => {
    const files = await clip(tensors, { ...config, vision_config: { ...config.vision_config, image_size: 32 } });
    expect(() => requireFit(files)).toThrow(
      'vision_model.embeddings.position_embedding.weight is [10, 48], its config asks for [17, 48]',
    );
  });

  test('of a vision tower alone read no text', async () => {
    const alone = { ...config.vision_config, architectures: ['CLIPVisionModelWithProjection'], projection_dim: 56 };
    const vision = Object.entries(tensors).filter(([name]) => name.startsWith('vis'));
    const files = await clip(Object.fromEntries(vision), alone);
    expect(requireFit(files)).toBeUndefined();
    const opened = openNetwork({ component: 'clip_text', files, device: 'cpu', sizes: { batch: 1, tokens: 5 } });
    await expect(opened).rejects.toThrow('clip holds CLIP’s vision tower alone: it reads no text.');
  });
});
