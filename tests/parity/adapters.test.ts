/**
 * Adapters of every dialect against plain PyTorch and PEFT on small networks (made by make_adapters.py: torch 2.13.0,
 * diffusers 0.42.1, transformers 5.23.0, peft 0.21.2). Tolerances: deltas <= 1e-6 of their norm in float32, outputs
 * live and baked <= 1e-4 x max |reference|.
 *
 * The same on WebGPU where a Vulkan driver is named in VK_ICD_FILENAMES: a software one is enough.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { adaptableComponent } from '../../native-models/adapters/adaptable-model.js';
import { AdapterSet, type ReadyAdapters } from '../../native-models/adapters/adapter-set.js';
import { writeMerged } from '../../native-models/adapters/bake.js';
import { dialects } from '../../native-models/adapters/dialects/index.js';
import { readAdapter } from '../../native-models/adapters/read-adapter.js';
import { AdaptedNetwork } from '../../native-models/pipelines/adapted-network.js';
import type { Device } from '../../native-models/runtime/devices.js';
import type { TextEncoderFiles, UNetFiles } from '../../native-models/weight-formats/component-folder.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import { openGolden, readNetworkGolden, type NetworkGolden } from './network-goldens.js';
import { seeded, uniform } from './seeded-weights.js';

type Component = 'text_encoder' | 'unet';

interface Description {
  readonly networks: Partial<Record<Component, string>>;
  readonly adapters: readonly { file: string; weight: number; textWeight: number; matched: number }[];
  readonly touched: Partial<Record<Component, Record<string, { norm: number; projection: number }>>>;
}

const FOLDER = fileURLToPath(new URL('./goldens/adapters/', import.meta.url));

let scratch = '';
let bakeFolder = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'adapters-'));
  bakeFolder = path.join(scratch, 'baked');
  await mkdir(bakeFolder);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('every dialect has a golden', async () => {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.lora.safetensors'));
  const adapters = await Promise.all(files.map((file) => readAdapter(path.join(FOLDER, file))));
  const spelt = new Set(adapters.map(({ dialect }) => dialect.id));
  expect(dialects.map(({ id }) => id).filter((id) => !spelt.has(id))).toEqual([]);
});

describe.each(goldenNames('adapters'))('%s', (name) => {
  const golden = readGolden<Description>('adapters', name);
  const components = Object.keys(golden.description.networks) as Component[];

  test('has no layer that does not match', async () => {
    const { ready } = await read();
    expect(ready.adapters.map(({ matched, total }) => [matched, total])).toEqual(
      golden.description.adapters.map(({ matched }) => [matched, matched]),
    );
  });

  test.each(components)('merges into the %s as PyTorch does', async (component) => {
    const { ready, networks } = await read();
    const files = filesOf(networks, component);
    const out = path.join(scratch, `${name}-${component}.safetensors`);
    const weighted = ready.weighted(component);
    const touched = golden.description.touched[component] ?? {};
    const tensors = await writeMerged({ files, weighted, out, dtype: 'f32', full: false });
    expect(tensors).toBe(Object.keys(touched).length);

    const merged = await readTensors(out);
    let whole = 0;
    for (const [layer, { norm, projection }] of Object.entries(touched)) {
      const { data, shape } = merged[`${layer}.weight`]!;
      const base = seeded(`${layer}.weight`, shape);
      const delta = Float64Array.from(base, (value, i) => Number(data[i]) - value);
      const random = Float64Array.from(base, (_, i) => uniform(`${layer}.projection`, i));
      expect(Math.abs(lengthOf(delta) - norm)).toBeLessThanOrEqual(1e-6 * norm);
      const product = delta.reduce((sum, value, i) => sum + value * random[i]!, 0);
      expect(Math.abs(product - projection)).toBeLessThanOrEqual(1e-6 * norm * lengthOf(random));
      if (!golden.has(`${component}.merged.${layer}.weight`)) continue;
      whole++;
      const reference = golden.floats(`${component}.merged.${layer}.weight`);
      const fault = Float64Array.from(reference, (value, i) => Number(data[i]) - value);
      expect(lengthOf(fault)).toBeLessThanOrEqual(1e-6 * norm);
    }
    expect(whole).toBe(golden.count(`${component}.merged.`));
  });

  test.each(components)('changes what the %s gives, live and baked', async (component) => {
    for (const how of ['live', 'baked'] as const) {
      expect(await difference(golden, component, how, 'cpu')).toBeLessThanOrEqual(1e-4);
    }
    expect(await readdir(bakeFolder)).toEqual([]); // the file went with its session
  });

  const read = () => readAll(golden.description);
});

/** Adapters on linear layers, on convolutions, several at once; a software driver compiles each operator for seconds. */
describe.runIf(process.env['VK_ICD_FILENAMES'])('on WebGPU', () => {
  test.each(['kohya-locon', 'peft'])('%s live agrees with PyTorch', { timeout: 400_000 }, async (name) => {
    const golden = readGolden<Description>('adapters', name);
    for (const component of Object.keys(golden.description.networks) as Component[]) {
      expect(await difference(golden, component, 'live', 'webgpu')).toBeLessThanOrEqual(1e-4);
    }
  });
});

/** The files of the golden on all of its networks together, as a model has them. */
async function readAll({ networks: names, adapters }: Description) {
  const networks: Partial<Record<Component, NetworkGolden>> = {};
  const parts = [];
  for (const [component, network] of Object.entries(names) as [Component, string][]) {
    const golden = await readNetworkGolden(network, scratch);
    networks[component] = golden;
    parts.push(adaptableComponent(filesOf(networks, component)));
  }
  const model = {
    label: 'the goldens',
    crossAttentionWidth: parts.find((part) => part.crossAttentionWidth !== null)?.crossAttentionWidth ?? null,
    components: parts.flatMap(({ components }) => components),
  };
  const uses = adapters.map(({ file, weight, textWeight }) => ({ file: path.join(FOLDER, file), weight, textWeight }));
  const ready: ReadyAdapters = await new AdapterSet(model).ready(uses);
  return { networks, ready };
}

/** Of the golden's output, through the studio's own way to put adapters on. */
async function difference(
  golden: ReturnType<typeof readGolden<Description>>,
  component: Component,
  how: 'live' | 'baked',
  device: Device,
): Promise<number> {
  const { ready, networks } = await readAll(golden.description);
  const network = networks[component]!;
  const adapted = new AdaptedNetwork(component, filesOf(networks, component), () => Promise.resolve(bakeFolder));
  await adapted.putOn(ready, how);
  const { run } = await adapted.get('golden', ({ files, adapters }) =>
    openGolden({ ...network, files }, { device, weightsMode: 'fold', adapters }),
  );
  const name = component === 'unet' ? 'out_sample' : 'last_hidden_state';
  const output = (await run(network.inputs))[name]!;
  await adapted.release();
  return relativeDifference(output.data as Float32Array, golden.floats(`${component}.out.${name}`));
}

function filesOf(networks: Partial<Record<Component, NetworkGolden>>, component: Component) {
  return networks[component]!.files as TextEncoderFiles | UNetFiles;
}

function lengthOf(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
