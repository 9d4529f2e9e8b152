/**
 * Files with the names and shapes of the real checkpoints and no numbers in them (they are sparse): every tensor of the real
 * tables has its place in a network.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { inspectModel } from '../../../../../main/worker/inspect-model.js';
import { authorNetwork, type NetworkPlan } from '../../../../../native-models/architectures/author-network.js';
import { parseAutoencoderConfig } from '../../../../../native-models/architectures/autoencoder-kl.js';
import { parseClipTextConfig } from '../../../../../native-models/architectures/clip-text-model.js';
import { ConfigReader, type JsonObject } from '../../../../../native-models/architectures/config-reader.js';
import { parseUNetConfig } from '../../../../../native-models/architectures/unet-2d-condition.js';
import { imaginaryWeights } from '../../../../../native-models/onnx/weight-source.js';
import { readSingleFile } from '../../../../../native-models/weight-formats/single-file/read-single-file.js';

vi.setConfig({ testTimeout: 30_000 });

/** Tables and configs of the real models; ostris/ai-toolkit 27a03a9, toolkit/keymaps. */
const realFiles = join(import.meta.dirname, '../../../../../../shared/real-files');
const json = (path: string) => JSON.parse(readFileSync(join(realFiles, path), 'utf8')) as JsonObject;

/** By the table's prefix for it, the folder of each part. */
const parts = {
  unet_: 'unet',
  vae_: 'vae',
  te_: 'text_encoder',
  te0_: 'text_encoder',
  te1_: 'text_encoder_2',
} as const;

/** What real files have beside the tables: read by nothing, or only where a text is one vector. */
const beside: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  sd1: { 'cond_stage_model.transformer.text_model.embeddings.position_ids': [1, 77], alphas_cumprod: [1000] },
  sd2: {
    'cond_stage_model.model.text_projection': [1024, 1024],
    'cond_stage_model.model.logit_scale': [],
    'cond_stage_model.model.transformer.resblocks.23.ln_1.weight': [1024],
    'cond_stage_model.model.transformer.resblocks.23.attn.in_proj_weight': [3072, 1024],
  },
  sdxl: {
    'conditioner.embedders.1.model.text_projection': [1280, 1280],
    'conditioner.embedders.1.model.logit_scale': [],
  },
};

/** Shapes of every tensor of the table, by the names of the checkpoint. */
function realShapes(family: string, model: string): Map<string, readonly number[]> {
  const table = json(`keymaps/stable_diffusion_${family}.json`);
  const names = table['ldm_diffusers_keymap'] as Record<string, string>;
  const joined = table['ldm_diffusers_operator_map'] as Record<string, { cat: string[] }>;
  const folded = table['ldm_diffusers_shape_map'] as Record<string, [number[], number[]]>;
  const shapes = new Map<string, number[]>();
  for (const [prefix, folder] of Object.entries(parts)) {
    const config = join('configs', model, folder, 'config.json');
    if (!existsSync(join(realFiles, config))) continue;
    for (const [name, shape] of shapesOf(folder, new ConfigReader(json(config), folder)))
      shapes.set(prefix + name, shape);
  }
  const shape = (name: string): number[] => {
    const found = shapes.get(name);
    if (found === undefined) throw new Error(`${family} has no ${name}`);
    return found;
  };
  return new Map([
    ...Object.entries(names).map(([ldm, name]) => [ldm, folded[ldm]?.[0] ?? shape(name)] as const),
    ...Object.entries(joined).map(([ldm, { cat }]) => {
      const [rows = 0, ...rest] = shape(cat[0]!);
      return [ldm, [rows * cat.length, ...rest]] as const;
    }),
    ...Object.entries(beside[family]!),
  ]);
}

function shapesOf(folder: (typeof parts)[keyof typeof parts], config: ConfigReader): [string, number[]][] {
  const picture = { batch: 1, height: 64, width: 64 };
  const plans = (): NetworkPlan[] => {
    switch (folder) {
      case 'unet':
        return [{ component: 'unet', config: parseUNetConfig(config), sizes: { ...picture, tokens: 1 } }];
      case 'vae': {
        const vae = parseAutoencoderConfig(config);
        return (['vae_encoder', 'vae_decoder'] as const).map((component) => ({
          component,
          config: vae,
          sizes: picture,
        }));
      }
      default:
        return [{ component: folder, config: parseClipTextConfig(config), sizes: { batch: 1, tokens: 1 } }];
    }
  };
  const weights = plans().flatMap((plan) => [
    ...authorNetwork(plan, { device: 'cpu', weights: imaginaryWeights }).usedWeights,
  ]);
  // Norms of pictures read [C] as [C, 1, 1].
  return weights.map(([key, { value }]) => {
    const shape = value.shape.map(Number);
    return [key.split(' ')[0]!, shape.length === 3 ? shape.slice(0, 1) : shape];
  });
}

async function writeSparse(file: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<number> {
  let end = 0;
  const header = [...shapes].map(([name, shape]) => {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F16', shape, data_offsets: [end, (end += bytes)] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, 'w');
  await handle.write(Buffer.concat([length, text]));
  await handle.truncate(8 + text.length + end);
  await handle.close();
  return 8 + text.length + end;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!existsSync(realFiles))('a checkpoint with the names and shapes of the real', () => {
  test.each([
    ['sd1', 'stable-diffusion-v1-5', { nativeSize: 512, gigabytes: 2.1, unread: ['cond_stage_model.transformer.text_model.embeddings.position_ids'] }], // prettier-ignore
    ['sd2', 'stable-diffusion-2-1', { nativeSize: 512, gigabytes: 2.6, unread: ['cond_stage_model.model.text_projection', 'cond_stage_model.model.logit_scale'] }], // prettier-ignore
    ['sdxl', 'stable-diffusion-xl-base-1.0', { nativeSize: 1024, gigabytes: 6.9, unread: ['conditioner.embedders.1.model.logit_scale'] }], // prettier-ignore
  ] as const)('%s is whole', async (family, model, { nativeSize, gigabytes, unread }) => {
    const file = join(folder, `${family}.safetensors`);
    const bytes = await writeSparse(file, realShapes(family, model));
    expect(bytes / 1e9).toBeCloseTo(gigabytes, 1);
    const described = await inspectModel({ path: file, checkFinite: true });
    expect(described).toMatchObject({
      family,
      format: 'single-file',
      dtype: 'F16',
      bytes,
      nativeSize,
      sizeMultiple: 8,
    });

    const { unet, vae, textEncoder, textEncoder2 } = await readSingleFile(file);
    const real = (part: string) => new ConfigReader(json(`configs/${model}/${part}/config.json`), part);
    const { layers, heads, mlpWidth, activation, positions } = parseClipTextConfig(real('text_encoder'));
    expect(textEncoder?.config).toMatchObject({ layers, heads, mlpWidth, activation, positions });
    if (textEncoder2) {
      const { endToken: _, ...second } = parseClipTextConfig(real('text_encoder_2'));
      expect(textEncoder2.config).toMatchObject(second);
    }
    const parts = [unet, vae, textEncoder, textEncoder2].flatMap((part) => (part ? [...part.weights.names()] : []));
    expect(parts.filter((name) => /^(model|first_stage_model|cond_stage_model|conditioner)\./.test(name))).toEqual(
      unread,
    );
  });
});
