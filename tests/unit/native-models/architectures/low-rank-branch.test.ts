/** Adapters as inputs: what a graph with branches computes, against the base and against merged weights. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { adaptableLayers } from '../../../../native-models/architectures/author-network.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import type { FloatTensor, Tensor } from '../../../../native-models/runtime/tensor.js';
import { readComponent } from '../../../../native-models/weight-formats/component-folder.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { relativeDifference } from '../../../parity/golden.js';
import { openGolden, readNetworkGolden } from '../../../parity/network-goldens.js';
import type { NetworkGolden } from '../../../parity/network-goldens.js';
import { seeded } from '../../../parity/seeded-weights.js';

const RANK = 4;

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'branches-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const networks = ['unet-sd1', 'unet-sd2', 'unet-scale-shift', 'text-projection'];

test.each(networks)('%s with idle branches gives the very bits of the graph without branches', async (name) => {
  const golden = await readNetworkGolden(name, scratch);
  const base = await outputs(golden);
  const idle = await outputs(golden, {});
  for (const [output, { data }] of Object.entries(base)) {
    expect(Buffer.from(idle[output]!.data.buffer).equals(Buffer.from(data.buffer)), output).toBe(true);
  }
});

test.each(networks)('%s with a pair on every layer computes what merged weights compute', async (name) => {
  const golden = await readNetworkGolden(name, scratch);
  const layers = layersOf(golden);
  const live = await outputs(golden, Object.assign({}, ...layers.map(pair)) as Record<string, Tensor>);
  const merged = await outputs(await withMergedWeights(golden, layers));
  const base = await outputs(golden);
  for (const [output, { data }] of Object.entries(merged)) {
    expect(relativeDifference(live[output]!.data, data)).toBeLessThanOrEqual(1e-5);
  }
  const last = golden.component === 'unet' ? 'out_sample' : 'last_hidden_state';
  expect(relativeDifference(base[last]!.data, merged[last]!.data)).toBeGreaterThan(1e-2);
});

test('a pair on one layer leaves the others as they are', async () => {
  const golden = await readNetworkGolden('unet-sd1', scratch);
  const one = layersOf(golden).filter(({ path: module }) => module === 'mid_block.attentions.0.proj_in');
  expect(one).toHaveLength(1);
  const live = await outputs(golden, pair(one[0]!));
  const merged = await outputs(await withMergedWeights(golden, one));
  expect(relativeDifference(live['out_sample']!.data, merged['out_sample']!.data)).toBeLessThanOrEqual(1e-5);
});

test('a pair whose ranks differ is refused', async () => {
  const golden = await readNetworkGolden('unet-sd1', scratch);
  const wrong = {
    'lora.conv_in.down': floats([2, 4, 3, 3]),
    'lora.conv_in.up': floats([32, 3]),
  };
  await expect(outputs(golden, wrong)).rejects.toThrow(
    'The input lora.conv_in.up should be [32, rank.conv_in], got [32, 3].',
  );
});

function layersOf({ files }: NetworkGolden): readonly AdaptableLayer[] {
  if (files.kind === 'vae' || files.kind === 'clip') throw new Error(`adapters do not change a ${files.kind}`);
  return files.kind === 'unet'
    ? adaptableLayers({ component: 'unet', config: files.config })
    : adaptableLayers({ component: 'text_encoder', config: files.config });
}

/** Without `adapters` the graph has no branches. */
async function outputs(golden: NetworkGolden, adapters?: Record<string, Tensor>): Promise<Record<string, FloatTensor>> {
  const network = await openGolden(golden, { device: 'cpu', weightsMode: 'fold', adapters: adapters !== undefined });
  const results = await network.run({ ...golden.inputs, ...adapters });
  await network.release();
  return results as Record<string, FloatTensor>;
}

/** A pair large enough to matter: seeded as weights are, then scaled. */
function pair({ path: module, inFeatures, outFeatures, kernel }: AdaptableLayer): Record<string, FloatTensor> {
  const down = [RANK, inFeatures, ...(kernel ?? [])];
  const up = [outFeatures, RANK];
  return {
    [`lora.${module}.down`]: floats(down, seeded(`${module}.down`, down)),
    [`lora.${module}.up`]: floats(
      up,
      seeded(`${module}.up`, up).map((value) => value * 0.1),
    ),
  };
}

/** The same network with W + up down, summed in float64, in its file. */
async function withMergedWeights(golden: NetworkGolden, layers: readonly AdaptableLayer[]): Promise<NetworkGolden> {
  const { files } = golden;
  const folder = await mkdtemp(path.join(scratch, 'merged-'));
  const tensors = await readTensors(files.weights.files[0]!);
  for (const layer of layers) {
    const weight = tensors[`${layer.path}.weight`] as FloatTensor;
    const pairs = pair(layer);
    const down = pairs[`lora.${layer.path}.down`]!.data;
    const up = pairs[`lora.${layer.path}.up`]!.data;
    const columns = down.length / RANK;
    const merged = weight.data.map((value, i) => {
      const row = Math.floor(i / columns);
      let sum = value;
      for (let r = 0; r < RANK; r++) sum += up[row * RANK + r]! * down[r * columns + (i % columns)]!;
      return sum;
    });
    tensors[`${layer.path}.weight`] = floats(weight.shape, merged);
  }
  await writeSafetensors(path.join(folder, 'model.safetensors'), tensors);

  await writeFile(path.join(folder, 'config.json'), JSON.stringify(files.rawConfig));
  return { ...golden, files: await readComponent(folder) };
}
