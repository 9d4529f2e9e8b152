/**
 * Every network against PyTorch on tiny seeded weights (made by make_networks.py: torch 2.13.0, diffusers 0.42.1,
 * transformers 5.23.0). Tolerances: max |difference| <= 1e-4 x max |reference| computed in float32, <= 2e-3 with
 * weights kept in halves. The files go through the same readers as a user's folder.
 */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Network, Tensors } from '../../native-models/runtime/network.js';
import { openNetwork } from '../../native-models/runtime/open-network.js';
import type { OpenNetworkOptions } from '../../native-models/runtime/open-network.js';
import type { WeightsMode } from '../../native-models/runtime/session-options.js';
import { floats } from '../../native-models/runtime/tensor.js';
import type { Tensor } from '../../native-models/runtime/tensor.js';
import { readComponent } from '../../native-models/weight-formats/component-folder.js';
import type { Component } from '../../native-models/weight-formats/component-folder.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { offsetAndGain, seeded, seededTensors, uniform } from './seeded-weights.js';

const goldens = path.join(import.meta.dirname, 'goldens', 'networks');

interface Golden {
  readonly what: string;
  readonly component: OpenNetworkOptions['component'];
  readonly dtype: 'F32' | 'F16';
  readonly config: Record<string, unknown>;
  readonly tensors: Record<string, number[]>;
}

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'networks-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const names = (await readdir(goldens)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));

describe.each(names)('%s', (name) => {
  test('agrees with PyTorch in float32', async () => {
    const { error, limit } = await worstError(name, 'fold');
    expect(error, `largest difference, as a part of the largest value`).toBeLessThanOrEqual(limit);
  });

  test('agrees with PyTorch with weights kept as stored', async () => {
    const { error } = await worstError(name, 'keep-half');
    expect(error, `largest difference, as a part of the largest value`).toBeLessThanOrEqual(2e-3);
  });
});

test('seeded weights follow the formula that Python follows', async () => {
  const file = path.join(import.meta.dirname, 'goldens', 'seeded-weights', 'seeded-weights.json');
  const { examples } = JSON.parse(await readFile(file, 'utf8')) as {
    examples: { name: string; shape: number[]; offset: number; gain: number; index: number[]; u: number[]; f32Bits: number[] }[];
  };
  for (const { name, shape, offset, gain, index, u, f32Bits } of examples) {
    expect(offsetAndGain(name, shape)).toEqual([offset, gain]);
    expect(index.map((i) => uniform(name, i))).toEqual(u);
    const words = new Uint32Array(seeded(name, shape).buffer);
    expect(index.map((i) => words[i])).toEqual(f32Bits);
  }
});

async function worstError(name: string, weightsMode: WeightsMode): Promise<{ error: number; limit: number }> {
  const golden = JSON.parse(await readFile(path.join(goldens, `${name}.json`), 'utf8')) as Golden;
  const tensors = await readTensors(path.join(goldens, `${name}.safetensors`));
  const inputs = part(tensors, 'in.');
  const expected = part(tensors, 'out.');

  const network = await open(name, golden, inputs, weightsMode);
  const got = await network.run(inputs).finally(() => network.release());
  const errors = Object.entries(expected).map(([output, reference]) => relativeError(got[output], reference));
  expect(errors.length).toBeGreaterThan(0);
  return { error: Math.max(...errors), limit: 1e-4 };
}

async function open(name: string, golden: Golden, inputs: Tensors, weightsMode: WeightsMode): Promise<Network> {
  const folder = await mkdtemp(path.join(scratch, `${name}-`));
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(golden.config));
  await writeSafetensors(path.join(folder, 'model.safetensors'), seededTensors(golden.tensors, golden.dtype));
  const files = await readComponent(folder, name);
  return openNetwork({ device: 'cpu', weightsMode, ...request(golden, files, inputs) });
}

function request(golden: Golden, files: Component, inputs: Tensors): Omit<OpenNetworkOptions, 'device'> {
  const shape = (name: string): number[] => [...(inputs[name] as Tensor).shape];
  const { component } = golden;
  switch (files.kind) {
    case 'text_encoder': {
      const [batch = 0, tokens = 0] = shape('input_ids');
      return { component: 'text_encoder', files, sizes: { batch, tokens }, outputs: 'all' } as never;
    }
    case 'unet': {
      const [batch = 0, , height = 0, width = 0] = shape('sample');
      const tokens = shape('encoder_hidden_states')[1] ?? 0;
      return { component: 'unet', files, sizes: { batch, height, width, tokens } } as never;
    }
    case 'vae': {
      const [batch = 0, , height = 0, width = 0] = shape(component === 'vae_encoder' ? 'sample' : 'latent_sample');
      return { component, files, sizes: { batch, height, width } } as never;
    }
  }
}

function part(tensors: Tensors, prefix: string): Record<string, Tensor> {
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    entries.map(([name, tensor]) => {
      const bare = name.slice(prefix.length);
      const asFloat = bare === 'timestep' && tensor.dtype === 'int64';
      return [bare, asFloat ? floats(tensor.shape, Float32Array.from(tensor.data as BigInt64Array, Number)) : tensor];
    }),
  );
}

/** max |got - reference| / max |reference| */
function relativeError(got: Tensor | undefined, reference: Tensor): number {
  expect(got?.shape).toEqual(reference.shape);
  const a = got?.data as Float32Array;
  const b = reference.data as Float32Array;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] as number) - (b[i] as number)));
    largest = Math.max(largest, Math.abs(b[i] as number));
  }
  return difference / largest;
}
