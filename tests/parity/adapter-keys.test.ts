/**
 * Adapters with the names that real files have, against the real configs of their bases: each layer finds its place
 * and none two. The files are in `../shared/real-files` (its LICENCES.md says whose); without them these tests are
 * skipped.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashAdapter } from '../../native-models/adapters/adapter-hashes.js';
import { adapterReceipt } from '../../native-models/adapters/adapter-receipt.js';
import type { AdaptableModel } from '../../native-models/adapters/adapter.js';
import { dialects } from '../../native-models/adapters/dialects/index.js';
import { kohya } from '../../native-models/adapters/dialects/kohya.js';
import { matchAdapter } from '../../native-models/adapters/match-adapter.js';
import { readAdapter } from '../../native-models/adapters/read-adapter.js';
import { triggerWords } from '../../native-models/adapters/trigger-words.js';
import type { JsonObject } from '../../native-models/architectures/config-reader.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';
import {
  kohyaSlots,
  modelOf,
  pairsFor,
  writeZeros,
  type Shapes,
} from '../unit/native-models/adapters/adapter-files.js';

const realFiles = path.resolve(import.meta.dirname, '../../../shared/real-files');
const isThere = existsSync(realFiles);
if (!isThere) console.warn('Real adapters are not tested: ../shared/real-files is not there.');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'adapter-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const real = (...names: string[]): string => path.join(realFiles, ...names);
const json = async (...names: string[]): Promise<JsonObject> =>
  JSON.parse(await readFile(real(...names), 'utf8')) as JsonObject;

async function base(name: string): Promise<AdaptableModel> {
  const config = (component: string): Promise<JsonObject> => json('configs', name, component, 'config.json');
  const second = existsSync(real('configs', name, 'text_encoder_2'));
  return modelOf({
    name,
    unet: await config('unet'),
    textEncoder: await config('text_encoder'),
    ...(second ? { textEncoder2: await config('text_encoder_2') } : {}),
  });
}

/** A published list of key -> shape, as a file of zeros. */
async function writeKeyList(name: string): Promise<string> {
  const list = (await json('keylists', name)) as unknown as Record<string, { shape: number[] }>;
  const shapes = Object.fromEntries(Object.entries(list).map(([key, { shape }]) => [key, shape]));
  return writeZeros(path.join(folder, 'key-list.safetensors'), shapes);
}

/** The layers of a LyCORIS file as a LoCon of the same trainer would have them. */
async function writeAsLocon(name: string, model: AdaptableModel): Promise<string> {
  const { tensors } = await readSafetensors(real('lora', name));
  const modules = new Set([...tensors.keys()].map((key) => key.slice(0, key.indexOf('.'))));
  const sizes = new Map(
    model.components.flatMap(({ name: component, layers }) =>
      layers.flatMap((layer) => kohya.names(component, layer.path, null).map((own) => [own, layer] as const)),
    ),
  );
  const shapes: Shapes = Object.fromEntries(
    [...modules].flatMap((module) => {
      const layer = sizes.get(module);
      const { down, up, alpha = '' } = kohyaSlots(module);
      return [
        [down, [16, layer?.inFeatures ?? 1, ...(layer?.kernel ?? [])]],
        [up, [layer?.outFeatures ?? 1, 16, ...(layer?.kernel ? [1, 1] : [])]],
        [alpha, []],
      ];
    }),
  );
  return writeZeros(path.join(folder, 'locon.safetensors'), shapes);
}

const countIn = (match: ReturnType<typeof matchAdapter>, component: string): number =>
  match.matched.filter((one) => one.component === component).length;

describe.skipIf(!isThere)('real adapters', () => {
  test('kohya’s for SD 1.5: all 72 + 192 layers', async () => {
    const adapter = await readAdapter(await writeKeyList('shinkai_makoto_offset.sd15-kohya-locon.json'));
    const match = matchAdapter(adapter, await base('stable-diffusion-v1-5'));
    expect(adapter).toMatchObject({ base: 'sd1', algorithm: 'lora', layers: 264 });
    expect(match).toMatchObject({ unmatched: [], total: 264, fits: true });
    expect([countIn(match, 'text_encoder'), countIn(match, 'unet')]).toEqual([72, 192]);
  });

  test('LyCORIS’s with convolutions for SD 1.5: all 72 + 278 layers', async () => {
    const model = await base('stable-diffusion-v1-5');
    const adapter = await readAdapter(await writeAsLocon('smart_falcon_16_lokr.safetensors', model));
    const match = matchAdapter(adapter, model);
    expect(adapter).toMatchObject({ base: 'sd1', algorithm: 'locon', layers: 350 });
    expect(match).toMatchObject({ unmatched: [], total: 350, fits: true });
    expect([countIn(match, 'text_encoder'), countIn(match, 'unet')]).toEqual([72, 278]);
  });

  test('diffusers’ for SD 1.5: all 128 attention layers, its receipt whole', async () => {
    const adapter = await readAdapter(real('lora', 'sd-pokemon-diffusers.safetensors'));
    const match = matchAdapter(adapter, await base('stable-diffusion-v1-5'));
    expect(match).toMatchObject({ unmatched: [], total: 128, fits: true });
    const receipt = await adapterReceipt(adapter, match);
    expect(receipt).toMatchObject({
      dialect: 'diffusers',
      algorithm: 'lora',
      base: 'sd1',
      rank: [4, 4],
      alpha: null,
      scale: [1, 1],
      matched: 128,
      fits: true,
      nonFinite: [],
    });
    expect(receipt.blocks.map(({ name, matched }) => [name, matched])).toEqual([
      ['Down 0', 16],
      ['Down 1', 16],
      ['Down 2', 16],
      ['Middle', 8],
      ['Up 1', 24],
      ['Up 2', 24],
      ['Up 3', 24],
    ]);
    for (const { norm } of receipt.blocks) expect(norm).toBeGreaterThan(0);
  });

  test.each([
    ['stable-diffusion-v1-5', 'sd1'],
    ['stable-diffusion-2-1', 'sd2'],
    ['stable-diffusion-xl-base-1.0', 'sdxl'],
  ])('every layer of %s in every dialect', async (name, family) => {
    const model = await base(name);
    for (const dialect of dialects) {
      const shapes = pairsFor(model, dialect);
      const adapter = await readAdapter(await writeZeros(path.join(folder, 'all.safetensors'), shapes));
      const match = matchAdapter(adapter, model);
      const layers = model.components.reduce((sum, component) => sum + component.layers.length, 0);
      expect(match).toMatchObject({ unmatched: [], total: layers, fits: true });
      expect(new Set(match.matched.map(({ layer }) => layer)).size).toBe(layers);
      expect(adapter).toMatchObject({ base: family, dialect });
    }
  });

  test('SD 1.5’s are not taken for SD 2.1’s or SDXL’s', async () => {
    const files = [
      await writeKeyList('shinkai_makoto_offset.sd15-kohya-locon.json'),
      real('lora', 'sd-pokemon-diffusers.safetensors'),
    ];
    for (const file of files) {
      const adapter = await readAdapter(file);
      for (const other of ['stable-diffusion-2-1', 'stable-diffusion-xl-base-1.0']) {
        expect(matchAdapter(adapter, await base(other)).fits).toBe(false);
      }
    }
  });

  test.each([
    ['lora/smart_falcon_16_lokr.safetensors', 'is a LoKr file: not supported yet.'],
    ['lora/analog_svd_rank4.safetensors', 'holds LoRA pairs by number, not by name'],
    ['lora/lora_kiriko2.text_encoder.pt', 'is a Python pickle'],
    ['lora/lora_kiriko2.ti.pt', 'is a Python pickle'],
    ['embeddings/test_embedding.safetensors', 'is a textual inversion embedding: not supported yet.'],
    ['embeddings/learned_embeds_1.bin', 'is a Python pickle'],
    ['peft/results_glue.safetensors', 'is a Uni-LoRA file: not supported yet.'],
    ['peft/lora_mlp/adapter_model.bin', 'is a Python pickle'],
    ['autoencoders/taesd-decoder.gguf', 'is a GGUF file: not supported yet.'],
  ])('%s is refused by name', async (name, sentence) => {
    await expect(readAdapter(real(name))).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining(`${path.basename(name)} ${sentence}`),
    });
  });

  test('smart_falcon_16’s hashes are those that Civitai and its own trainer have', async () => {
    const file = real('lora', 'smart_falcon_16_lokr.safetensors');
    const { metadata } = await readSafetensors(file);
    const hashes = await hashAdapter(file);
    expect(hashes.autov2.toUpperCase()).toBe('9ACF273957');
    expect(hashes.autov3.toUpperCase()).toBe('51A16C07BDD8');
    expect(hashes.tensors).toBe(metadata['sshs_model_hash']);
  });

  test('smart_falcon_16’s trigger words are found in all three places', async () => {
    const { metadata } = await readSafetensors(real('lora', 'smart_falcon_16_lokr.safetensors'));
    const words = triggerWords(metadata);
    expect(words[0]).toEqual({ text: 'smart falcon \\(umamusume\\)', source: 'training comment' });
    expect(words).toContainEqual({ text: 'hair bow', source: 'training tags, 129 of 130 pictures' });
    expect(words).toContainEqual({ text: 'smf girl', source: 'training folder' });
  });
});
