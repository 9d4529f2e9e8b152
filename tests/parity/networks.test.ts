/**
 * Every network against PyTorch on tiny seeded weights (made by make_networks.py: torch 2.13.0, diffusers 0.42.1,
 * transformers 5.23.0). Tolerances: max |difference| <= 1e-4 x max |reference| computed in float32, <= 2e-3 with
 * weights kept in halves.
 *
 * The same on WebGPU where a Vulkan driver is named in VK_ICD_FILENAMES: a software one is enough.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { goldenNames, readGolden } from './golden.js';
import { readNetworkGolden, worstDifference } from './network-goldens.js';
import { operatorsOnCpu } from './operators-on-cpu.js';
import { offsetAndGain, seeded, uniform } from './seeded-weights.js';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'networks-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(goldenNames('networks'))('%s', (name) => {
  test('agrees with PyTorch in float32', async () => {
    const golden = await readNetworkGolden(name, scratch);
    expect(await worstDifference(golden, { device: 'cpu', weightsMode: 'fold' })).toBeLessThanOrEqual(1e-4);
  });

  test('agrees with PyTorch with weights kept as they are stored', async () => {
    const golden = await readNetworkGolden(name, scratch);
    expect(await worstDifference(golden, { device: 'cpu', weightsMode: 'keep-half' })).toBeLessThanOrEqual(2e-3);
  });
});

/** One of each network, odd sizes among them; a software driver compiles each operator for seconds. */
const onWebGpu = [
  'text-projection',
  'text-eos-2',
  'clip-quick-gelu-image',
  'clip-gelu-eos-2-image',
  'clip-gelu-eos-2-text',
  'unet-odd-13x11',
  'unet-sdxl',
  'vae-odd-decoder',
  'vae-odd-pixels-encoder',
  'tiny-16-channels-decoder',
  'tiny-16-channels-encoder',
];

describe.runIf(process.env['VK_ICD_FILENAMES'])('on WebGPU', () => {
  test.each(onWebGpu)('%s agrees with PyTorch in float32', async (name) => {
    const golden = await readNetworkGolden(name, scratch);
    const profile = path.join(scratch, `${name}-profile`);
    const run = { device: 'webgpu', weightsMode: 'fold', profile } as const;
    expect(await worstDifference(golden, run)).toBeLessThanOrEqual(1e-4);
    expect(await operatorsOnCpu(profile)).toEqual(/^text|-text$/.test(name) ? ['Cast'] : []);
  });

  test.each(['text-projection', 'unet-sdxl'])('%s with idle adapters agrees, too', async (name) => {
    const golden = await readNetworkGolden(name, scratch);
    const run = { device: 'webgpu', weightsMode: 'fold', adapters: true } as const;
    expect(await worstDifference(golden, run)).toBeLessThanOrEqual(1e-4);
  });
});

test('seeded weights follow the formula that Python follows', () => {
  interface Example {
    readonly name: string;
    readonly shape: number[];
    readonly offset: number;
    readonly gain: number;
    readonly index: number[];
    readonly u: number[];
    readonly f32Bits: number[];
  }
  const { examples } = readGolden<{ examples: Example[] }>('seeded-weights', 'seeded-weights').description;
  for (const { name, shape, offset, gain, index, u, f32Bits } of examples) {
    expect(offsetAndGain(name, shape)).toEqual([offset, gain]);
    expect(index.map((i) => uniform(name, i))).toEqual(u);
    const words = new Uint32Array(seeded(name, shape).buffer);
    expect(index.map((i) => words[i])).toEqual(f32Bits);
  }
});
