import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import type { AdaptableModel } from '../../../../native-models/adapters/adapter.js';
import { AdapterSet } from '../../../../native-models/adapters/adapter-set.js';
import { readDiffusersFolder } from '../../../../native-models/weight-formats/diffusers-folder.js';
import { floatsToBrains } from '../../../../native-models/weight-formats/number-formats.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSeededAdapter } from './seeded-adapter.js';

const EMBEDDED = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
const attention = ({ path }: { path: string }): boolean => path.includes('attn');

let scratch: string;
let model: AdaptableModel;
let one: string;
let two: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'inkstone-adapter-set-'));
  model = adaptableModel(await readDiffusersFolder(EMBEDDED));
  one = await writeSeededAdapter(join(scratch, 'one.safetensors'), model, { wanted: attention, alpha: 1 });
  two = await writeSeededAdapter(join(scratch, 'two.safetensors'), model, { wanted: attention, seed: 'two' });
});
afterAll(() => rm(scratch, { recursive: true }));

const use = (file: string, weight = 1, textWeight = weight) => ({ file, weight, textWeight });

test('files are read once; strengths go to the UNet and to the text encoder apart', async () => {
  const set = new AdapterSet(model);
  const ready = await set.ready([use(one, 0.8, 0), use(two, -1, 0.5)]);
  expect(ready.adapters.map(({ file }) => file)).toEqual([one, two]);
  for (const { matched, total, seconds } of ready.adapters) {
    expect(matched).toBe(total);
    expect(seconds).toBeGreaterThan(0);
  }
  const strengths = (component: 'unet' | 'text_encoder') =>
    new Set(ready.weighted(component).map(({ strength }) => strength));
  expect(strengths('unet')).toEqual(new Set([0.8, -1]));
  expect(strengths('text_encoder')).toEqual(new Set([0, 0.5]));
  const scales = ready.weighted('unet').map(({ pair }) => pair.scale);
  expect(new Set(scales)).toEqual(new Set([0.5, 1])); // alpha 1 of rank 2, and alpha 2

  const again = await set.ready([use(one, 0.8, 0), use(two, -1, 0.5)]);
  expect(again.adapters.map(({ seconds }) => seconds)).toEqual([0, 0]);
  expect(again.key).toBe(ready.key);
  expect((await set.ready([use(one, 0.7, 0), use(two, -1, 0.5)])).key).not.toBe(ready.key);
});

test('a file that is gone is named, and the others go on', async () => {
  const set = new AdapterSet(model);
  const gone = await writeSeededAdapter(join(scratch, 'gone.safetensors'), model, { wanted: attention });
  await set.ready([use(one), use(gone)]);
  await rm(gone);
  const refused = set.ready([use(one), use(gone)]);
  await expect(refused).rejects.toMatchObject({ kind: 'missing-file', file: gone });
  await expect(refused).rejects.toThrow(
    'gone.safetensors is not there any more. Put the file back, or take the adapter off the picture.',
  );
  expect((await set.ready([use(one)])).adapters).toMatchObject([{ file: one, seconds: 0 }]);
});

test('a file that changed is read anew', async () => {
  const set = new AdapterSet(model);
  const file = await writeSeededAdapter(join(scratch, 'changing.safetensors'), model, { wanted: attention });
  const before = await set.ready([use(file)]);
  const other = await writeSeededAdapter(join(scratch, 'other.safetensors'), model, { wanted: attention, seed: 'x' });
  await rename(other, file);
  const after = await set.ready([use(file)]);
  expect(after.key).not.toBe(before.key);
  expect(after.weighted('unet')[0]!.pair.down).not.toEqual(before.weighted('unet')[0]!.pair.down);
});

test('a file that only was touched keeps its numbers', async () => {
  const set = new AdapterSet(model);
  const file = await writeSeededAdapter(join(scratch, 'touched.safetensors'), model, { wanted: attention });
  const before = await set.ready([use(file)]);
  await utimes(file, 1, 1);
  expect((await set.ready([use(file)])).weighted('unet')).toEqual(before.weighted('unet'));
});

test.each([
  ['a layer that matches', 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight'],
  ['a layer that does not', 'lora_unet_somewhere_else.lora_up.weight'],
])('a number that is none in %s refuses the file, in one sentence', async (_where, name) => {
  const file = await writeSeededAdapter(join(scratch, 'sound.safetensors'), model, { wanted: attention });
  const shape = (await readTensors(file))[name]?.shape ?? [4, 2];
  const broken = floats(shape);
  broken.data[3] = NaN;
  const more = {
    'lora_unet_somewhere_else.lora_down.weight': floats([2, 4]),
    'lora_unet_somewhere_else.lora_up.weight': floats([4, 2]),
    [name]: broken,
  };
  const damaged = join(scratch, 'damaged.safetensors');
  // The damaged tensor goes over the sound one of its name.
  await writeSeededAdapter(damaged, model, { wanted: ({ path }) => attention({ path }) && !nameOf(path, name), more });
  const refused = new AdapterSet(model).ready([use(damaged)]);
  await expect(refused).rejects.toMatchObject({ kind: 'bad-file', file: damaged });
  await expect(refused).rejects.toThrow(new RegExp(`^damaged.safetensors is damaged: ${name} holds values`));
});

/** The layer whose tensors `more` brings is left to it. */
const nameOf = (path: string, key: string): boolean => key.startsWith(`lora_unet_${path.replaceAll('.', '_')}.`);

test('a file that matches in part runs, and says how many of its layers do', async () => {
  const more = {
    'lora_unet_up_blocks_7_conv.lora_down.weight': floats([2, 4]),
    'lora_unet_up_blocks_7_conv.lora_up.weight': floats([4, 2]),
  };
  const file = join(scratch, 'partial.safetensors');
  await writeSeededAdapter(file, model, { wanted: attention, more });
  const ready = await new AdapterSet(model).ready([use(file)]);
  const matched = ready.weighted('unet').length + ready.weighted('text_encoder').length;
  expect(matched).toBeGreaterThan(0);
  expect(ready.adapters).toMatchObject([{ matched, total: matched + 1 }]);
});

test('a file that matches nothing is refused', async () => {
  const other = join(scratch, 'unfit.safetensors');
  const components = [
    {
      name: 'unet' as const,
      layers: [{ path: 'nowhere', kind: 'linear' as const, inFeatures: 3, outFeatures: 3, kernel: null }],
      ldmPath: () => null,
    },
  ];
  await writeSeededAdapter(other, { components });
  await expect(new AdapterSet(model).ready([use(other)])).rejects.toMatchObject({ kind: 'unfit-model', file: other });
});

test('files that were taken off stay as far as there is room for them', async () => {
  const roomy = new AdapterSet(model);
  await roomy.ready([use(one)]);
  await roomy.ready([use(two)]);
  expect((await roomy.ready([use(one)])).adapters[0]!.seconds).toBe(0);

  const small = new AdapterSet(model, { keptBytes: 0 });
  await small.ready([use(one)]);
  expect((await small.ready([use(one)])).adapters[0]!.seconds).toBe(0);
  await small.ready([use(two)]);
  expect((await small.ready([use(one)])).adapters[0]!.seconds).toBeGreaterThan(0);
});

test('bf16 at odd places of an old file is read as it is', async () => {
  const layer = model.components.find(({ name }) => name === 'unet')!.layers.find(attention)!;
  const module = `lora_unet_${layer.path.replaceAll('.', '_')}`;
  const shapes = { lora_down: [2, layer.inFeatures], lora_up: [layer.outFeatures, 2] };
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [slot, shape] of Object.entries(shapes)) {
    const values = Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => (i % 7) - 3.5);
    const bytes = new Uint8Array(floatsToBrains(values).buffer);
    header[`${module}.${slot}.weight`] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes.length] };
    parts.push(bytes);
    end += bytes.length;
  }
  let text = JSON.stringify(header);
  if (text.length % 2 === 0) text += ' '; // the data begins at an odd byte
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = join(scratch, 'old.safetensors');
  await writeFile(file, Buffer.concat([length, Buffer.from(text), ...parts]));
  const [read] = (await new AdapterSet(model).ready([use(file)])).weighted('unet');
  expect(read!.pair.down.slice(0, 8)).toEqual(Float32Array.of(-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -3.5));
  expect(read!.pair.up).toHaveLength(2 * layer.outFeatures);
});
