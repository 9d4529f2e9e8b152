/**
 * The goldens of networks (make_networks.py), opened as a user's folder is: config and seeded weights are written to a
 * folder and go through the studio's own readers.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Device } from '../../native-models/runtime/devices.js';
import type { Network, Tensors } from '../../native-models/runtime/network.js';
import { openNetwork } from '../../native-models/runtime/open-network.js';
import type { WeightsMode } from '../../native-models/runtime/session-options.js';
import { floats } from '../../native-models/runtime/tensor.js';
import type { Tensor } from '../../native-models/runtime/tensor.js';
import { readComponent } from '../../native-models/weight-formats/component-folder.js';
import type { Component } from '../../native-models/weight-formats/component-folder.js';
import { writeSafetensors } from '../../native-models/weight-formats/write-safetensors.js';
import { readGolden, relativeDifference } from './golden.js';
import type { GoldenTensor } from './golden.js';
import { seededTensors } from './seeded-weights.js';

interface Description {
  readonly what: string;
  readonly component: 'text_encoder' | 'unet' | 'vae_encoder' | 'vae_decoder' | 'clip_text' | 'clip_image';
  readonly dtype: 'F32' | 'F16';
  readonly config: Record<string, unknown>;
  readonly tensors: Record<string, number[]>;
  readonly files: Record<string, Record<string, unknown>>;
}

export interface NetworkGolden {
  readonly component: Description['component'];
  readonly files: Component;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** `scratch` is a folder for the config and weights; who made it removes it. */
export async function readNetworkGolden(name: string, scratch: string): Promise<NetworkGolden> {
  const golden = readGolden<Description>('networks', name);
  const { component, config, tensors, dtype, files } = golden.description;
  const folder = await mkdtemp(path.join(scratch, `${name}-`));
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  await writeSafetensors(path.join(folder, 'model.safetensors'), seededTensors(tensors, dtype));

  const names = Object.keys(files[`${name}.safetensors`] ?? {});
  const part = (prefix: string): Tensors => {
    const chosen = names.filter((key) => key.startsWith(prefix));
    return Object.fromEntries(chosen.map((key) => [key.slice(prefix.length), asTensor(key, golden.tensor(key))]));
  };
  return { component, files: await readComponent(folder, name), inputs: part('in.'), outputs: part('out.') };
}

export interface GoldenRun {
  readonly device: Device;
  readonly weightsMode: WeightsMode;
  readonly adapters?: boolean;
  /** Prefix of the files for a profile of every node. */
  readonly profile?: string;
}

/** Opened for the sizes of the golden's inputs, with every output. */
export async function openGolden({ component, files, inputs }: NetworkGolden, run: GoldenRun): Promise<Network> {
  const size = (name: string, axis: number): number => inputs[name]?.shape[axis] ?? 0;
  const picture = (name: string): { batch: number; height: number; width: number } => ({
    batch: size(name, 0),
    height: size(name, 2),
    width: size(name, 3),
  });
  switch (files.kind) {
    case 'text_encoder': {
      const sizes = { batch: size('input_ids', 0), tokens: size('input_ids', 1) };
      return openNetwork({ component: 'text_encoder', files, sizes, outputs: 'all', ...run });
    }
    case 'unet': {
      const sizes = { ...picture('sample'), tokens: size('encoder_hidden_states', 1) };
      return openNetwork({ component: 'unet', files, sizes, ...run });
    }
    case 'vae': {
      if (component === 'vae_encoder') return openNetwork({ component, files, sizes: picture('sample'), ...run });
      return openNetwork({ component: 'vae_decoder', files, sizes: picture('latent_sample'), ...run });
    }
    case 'clip': {
      if (component === 'clip_image') {
        return openNetwork({ component, files, sizes: { batch: size('pixel_values', 0) }, ...run });
      }
      const sizes = { batch: size('input_ids', 0), tokens: size('input_ids', 1) };
      return openNetwork({ component: 'clip_text', files, sizes, ...run });
    }
  }
}

/** Runs the golden's inputs; the largest difference of any output, as a part of that output's largest value. */
export async function worstDifference(golden: NetworkGolden, run: GoldenRun): Promise<number> {
  const network = await openGolden(golden, run);
  const got = await network.run(golden.inputs);
  await network.release();
  const differences = Object.entries(golden.outputs).map(([name, reference]) => {
    const output = got[name];
    if (output?.dtype !== 'float32' || reference.dtype !== 'float32') throw new Error(`no float output ${name}`);
    if (output.shape.join() !== reference.shape.join()) throw new Error(`${name} is [${output.shape.join()}]`);
    return relativeDifference(output.data, reference.data);
  });
  if (differences.length === 0) throw new Error('the golden has no outputs');
  return Math.max(...differences);
}

function asTensor(name: string, { dtype, shape, data }: GoldenTensor): Tensor {
  // Timesteps may be whole numbers in a golden; networks take them as float32.
  if (dtype === 'F32' || name === 'in.timestep')
    return floats(shape, Float32Array.from(data as Iterable<number>, Number));
  if (dtype === 'I64') return { dtype: 'int64', shape, data };
  throw new Error(`${name} is ${dtype}`);
}
