/**
 * Autoencoders as people have them, in single files and as `.bin`: real ones against what PyTorch makes of them
 * (make_autoencoders.py: torch 2.13.0, diffusers 0.42.1), where `../shared/real-files` is there; and the network of
 * make_networks.py under each of the names that tiny autoencoders are passed on with. Tolerance: 1e-4 of the largest
 * |reference|.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Tensors } from '../../native-models/runtime/network.js';
import { openNetwork, requireFit } from '../../native-models/runtime/open-network.js';
import { floats } from '../../native-models/runtime/tensor.js';
import type { AutoencoderFiles } from '../../native-models/weight-formats/component-folder.js';
import { readComponent } from '../../native-models/weight-formats/component-folder.js';
import { readTinyAutoencoderFile } from '../../native-models/weight-formats/tiny-autoencoder-file.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { readGolden, relativeDifference } from './golden.js';
import type { Golden } from './golden.js';
import { seededTensors } from './seeded-weights.js';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'autoencoders-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

type Component = 'vae_encoder' | 'vae_decoder';

/** What the files make of the golden's input, beside the golden's output. */
async function difference(files: AutoencoderFiles, component: Component, golden: Golden<unknown>): Promise<number> {
  const [input, output] =
    component === 'vae_encoder' ? (['sample', 'latent_parameters'] as const) : (['latent_sample', 'sample'] as const);
  const { shape } = golden.tensor(`in.${input}`);
  const [batch, , height, width] = shape as [number, number, number, number];
  const network = await openNetwork({ component, files, device: 'cpu', sizes: { batch, height, width } });
  const inputs: Tensors = { [input]: floats(shape, golden.floats(`in.${input}`)) };
  const got = (await network.run(inputs))[output];
  await network.release();
  expect(got?.shape).toEqual(golden.tensor(`out.${output}`).shape);
  if (got?.dtype !== 'float32') throw new Error(`no ${output}`);
  return relativeDifference(got.data, golden.floats(`out.${output}`));
}

const realFiles = path.resolve(import.meta.dirname, '../../../shared/real-files');
if (!existsSync(realFiles)) console.warn('Real autoencoders are not read: ../shared/real-files is not there.');

interface Real {
  readonly file: string;
  readonly component: Component;
  readonly config?: Record<string, unknown>;
}

describe.runIf(existsSync(realFiles))('real files', () => {
  test.each(['taesd-decoder', 'taef2-encoder'])('%s agrees with PyTorch', async (name) => {
    const golden = readGolden<Real>('autoencoders', name);
    const { file, component } = golden.description;
    const files = await readTinyAutoencoderFile(path.join(realFiles, file));
    expect(files.dtype).toBe('F16');
    expect(() => requireFit(files)).not.toThrow();
    expect(await difference(files, component, golden)).toBeLessThanOrEqual(1e-4);
  });

  test.each(['kl-2022-encoder', 'kl-2022-decoder'])('%s, a .bin in its folder, agrees with PyTorch', async (name) => {
    const golden = readGolden<Real>('autoencoders', name);
    const { file, component, config } = golden.description;
    const folder = await mkdtemp(path.join(scratch, 'kl-'));
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
    await copyFile(path.join(realFiles, file), path.join(folder, 'diffusion_pytorch_model.bin'));
    const files = await readComponent(folder);
    if (files.kind !== 'vae') throw new Error(`a ${files.kind}`);
    expect(() => requireFit(files)).not.toThrow();
    expect(await difference(files, component, golden)).toBeLessThanOrEqual(1e-4);
  });
});

/** Where a layer of diffusers stands in files of each kind: the prefix, and what is added to its number. */
const spellings = {
  'the author’s': { encoder: ['', 0], decoder: ['', 1] },
  'a whole module’s': { encoder: ['encoder.', 0], decoder: ['decoder.', 1] },
  'diffusers’': { encoder: ['encoder.layers.', 0], decoder: ['decoder.layers.', 0] },
  'ComfyUI’s': { encoder: ['taesd_encoder.', 0], decoder: ['taesd_decoder.', 1] },
  'stable-diffusion.cpp’s': { encoder: ['first_stage_model.encoder.', 0], decoder: ['first_stage_model.decoder.', 1] },
} as const;

type Spelling = keyof typeof spellings;

const ways = { encoder: 'vae_encoder', decoder: 'vae_decoder' } as const;

/** The seeded TAESD of make_networks.py under other names; one way of it, or both. */
async function taesd(spelling: Spelling, only: readonly ('encoder' | 'decoder')[]): Promise<string> {
  const golden = readGolden<{ tensors: Record<string, number[]> }>('networks', 'tiny-taesd-decoder');
  const tensors = Object.entries(seededTensors(golden.description.tensors)).flatMap(([name, tensor]) => {
    const [, way, number, rest] = /^(encoder|decoder)\.layers\.(\d+)\.(.*)$/.exec(name)!;
    if (way !== 'encoder' && way !== 'decoder') throw new Error(name);
    if (!only.includes(way)) return [];
    const [prefix, added] = spellings[spelling][way];
    return [[`${prefix}${Number(number) + added}.${rest}`, tensor] as const];
  });
  const file = path.join(await mkdtemp(path.join(scratch, 'taesd-')), 'taesd.safetensors');
  await writeSafetensors(file, Object.fromEntries(tensors));
  return file;
}

describe.each(Object.keys(spellings) as Spelling[])('in %s names', (spelling) => {
  test.each(['encoder', 'decoder'] as const)('a file with the %s alone gives diffusers’ numbers', async (way) => {
    const files = await readTinyAutoencoderFile(await taesd(spelling, [way]));
    expect(() => requireFit(files)).not.toThrow();
    const golden = readGolden<unknown>('networks', `tiny-taesd-${way}`);
    expect(await difference(files, ways[way], golden)).toBeLessThanOrEqual(1e-4);
  });

  test.runIf(spelling !== 'the author’s')('a file with both gives diffusers’ numbers both ways', async () => {
    const files = await readTinyAutoencoderFile(await taesd(spelling, ['encoder', 'decoder']));
    expect(files.config.encoder?.map(({ blocks }) => blocks)).toEqual([1, 3, 3, 3]);
    expect(files.config.decoder?.map(({ blocks }) => blocks)).toEqual([3, 3, 3, 1]);
    for (const [way, component] of Object.entries(ways)) {
      const golden = readGolden<unknown>('networks', `tiny-taesd-${way}`);
      expect(await difference(files, component, golden)).toBeLessThanOrEqual(1e-4);
    }
  });
});

test('the way that a file has not is asked for by name', async () => {
  const sizes = { batch: 1, height: 8, width: 8 };
  const decoder = await readTinyAutoencoderFile(await taesd('the author’s', ['decoder']));
  await expect(openNetwork({ component: 'vae_encoder', files: decoder, device: 'cpu', sizes })).rejects.toMatchObject({
    kind: 'unfit-model',
    message: 'taesd.safetensors holds a tiny autoencoder’s decoder alone: choose the file with its encoder.',
  });
  const encoder = await readTinyAutoencoderFile(await taesd('the author’s', ['encoder']));
  await expect(openNetwork({ component: 'vae_decoder', files: encoder, device: 'cpu', sizes })).rejects.toThrow(
    'taesd.safetensors holds a tiny autoencoder’s encoder alone: choose the file with its decoder.',
  );
});
