import { access, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import { bakeAdapters, type BakeRequest } from '../../../../native-models/adapters/bake.js';
import { readDiffusersFolder } from '../../../../native-models/weight-formats/diffusers-folder.js';
import type { PictureModel } from '../../../../native-models/weight-formats/picture-model.js';
import { floatToHalf, halfToNumber } from '../../../../native-models/weight-formats/number-formats.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { readSafetensors, type SafetensorsFile } from '../../../../native-models/weight-formats/safetensors.js';
import { writeSeededAdapter } from './seeded-adapter.js';

const EMBEDDED = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
const attention = ({ path }: { path: string }): boolean => path.includes('attn');

let scratch: string;
let model: PictureModel;
let adapter: string;
let request: BakeRequest;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'inkstone-bake-'));
  model = await readDiffusersFolder(EMBEDDED);
  adapter = join(scratch, 'attention.safetensors');
  await writeSeededAdapter(adapter, adaptableModel(model), { wanted: attention });
  request = {
    modelPath: EMBEDDED,
    component: 'unet',
    adapters: [{ file: adapter, weight: 0.8, textWeight: 0.5 }],
    out: join(scratch, 'baked.safetensors'),
    overwrite: false,
    dtype: 'f32',
    full: false,
  };
});
afterAll(() => rm(scratch, { recursive: true }));

const bake = (change: Partial<BakeRequest>) =>
  bakeAdapters({ ...request, out: join(scratch, `${Math.random()}.safetensors`), ...change });
const stored = (): Record<string, string> => dtypesOf(model.unet.weights.files);
const dtypesOf = (files: readonly SafetensorsFile[]): Record<string, string> =>
  Object.fromEntries(files.flatMap(({ tensors }) => [...tensors.values()].map(({ name, dtype }) => [name, dtype])));

test('touched tensors alone are written, under the names that the model has for them', async () => {
  const parts: number[] = [];
  const out = join(scratch, 'touched.safetensors');
  const baked = await bakeAdapters({ ...request, out }, { onProgress: (part) => parts.push(part) });
  const { tensors, identity } = await readSafetensors(out);
  const names = Object.keys(stored());
  const touched = names.filter((name) => /attn.*weight$/.test(name));
  expect([...tensors.keys()].toSorted()).toEqual(touched.toSorted());
  expect(baked).toEqual({ tensors: touched.length, dtype: 'f32', bytes: identity.bytes });
  for (const { offset, dtype } of tensors.values()) expect([offset % 8, dtype]).toEqual([0, 'F32']);
  expect(parts).toEqual(parts.toSorted((a, b) => a - b));
  expect(parts.at(-1)).toBe(1);
  expect(names).toContain(touched[0]);
});

test('a full file holds every tensor, those that no adapter touches to the bit', async () => {
  const out = join(scratch, 'full.safetensors');
  const { tensors, dtype } = await bake({ out, full: true, dtype: 'base' });
  expect(tensors).toBe(Object.keys(stored()).length);
  expect(dtype).toBe(model.unet.dtype.toLowerCase());
  const opened = await readSafetensors(out);
  expect(dtypesOf([opened])).toEqual(stored());
  const [before, after] = [await readTensors(model.unet.weights.files[0]!), await readTensors(opened)];
  expect(after['conv_in.weight']).toEqual(before['conv_in.weight']);
  const name = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight';
  expect(after[name]).not.toEqual(before[name]);
});

test.each(['f16', 'bf16'] as const)('%s holds the nearest values to those of f32', async (dtype) => {
  const exact = join(scratch, `exact-${dtype}.safetensors`);
  const rounded = join(scratch, `${dtype}.safetensors`);
  await bake({ out: exact });
  expect(await bake({ out: rounded, dtype })).toMatchObject({ dtype });
  const [f32, halves] = [await readTensors(exact), await readTensors(rounded)];
  const wrong: string[] = [];
  for (const [name, { data }] of Object.entries(f32)) {
    (data as Float32Array).forEach((value, i) => {
      const got = Number(halves[name]!.data[i]);
      const isNearest =
        dtype === 'f16' ? got === halfToNumber(floatToHalf(value)) : Math.abs(got - value) <= Math.abs(value) * 2 ** -8;
      if (!isNearest) wrong.push(`${name} ${i}: ${value} became ${got}`);
    });
  }
  expect(wrong).toEqual([]);
});

test('the text encoder takes the text weight, and text layers alone', async () => {
  const out = join(scratch, 'text.safetensors');
  const { tensors } = await bake({ out, component: 'text_encoder' });
  expect(tensors).toBeGreaterThan(0);
  expect([...(await readSafetensors(out)).tensors.keys()].every((name) => /self_attn/.test(name))).toBe(true);
  const none = [{ file: adapter, weight: 1, textWeight: 0 }];
  await expect(bake({ component: 'text_encoder', adapters: none })).rejects.toThrow(/there is nothing to bake/);
});

describe('refusals', () => {
  test('a file that is there, unless it may be replaced', async () => {
    const out = join(scratch, 'there.safetensors');
    await writeFile(out, 'mine');
    await expect(bake({ out })).rejects.toMatchObject({ kind: 'bad-input', file: out });
    await expect(bake({ out, overwrite: true })).resolves.toMatchObject({ dtype: 'f32' });
  });

  test('the adapter itself and the files of the model, by whatever name, even when files may be replaced', async () => {
    const link = join(scratch, 'link.safetensors');
    await symlink(adapter, link);
    await expect(bake({ out: link, overwrite: true })).rejects.toThrow(/is one of the adapters/);
    const own = model.unet.weights.files[0]!.file;
    await expect(bake({ out: own, overwrite: true })).rejects.toThrow(/belongs to the model/);
  });

  test('a component that adapters do not change', async () => {
    await expect(bake({ component: 'vae' })).rejects.toThrow(/vae cannot be baked/);
  });

  test('values that F16 cannot hold, by the layer; nothing is left behind', async () => {
    const before = await readdir(scratch);
    const adapters = [{ file: adapter, weight: 1e8, textWeight: 1 }];
    const out = join(scratch, 'beyond.safetensors');
    await expect(bake({ out, adapters, dtype: 'f16' })).rejects.toThrow(
      /^unet: with these adapters \S+attn\S+\.weight reaches \S+, which F16 cannot hold; choose f32 or bf16/,
    );
    expect(await readdir(scratch)).toEqual(before);
    await expect(bake({ out, adapters, dtype: 'bf16' })).resolves.toMatchObject({ dtype: 'bf16' });
  });
});

test('a stop leaves no file', async () => {
  const controller = new AbortController();
  const out = join(scratch, 'stopped.safetensors');
  const baking = bakeAdapters(
    { ...request, out },
    { signal: controller.signal, onProgress: (part) => part > 0.3 && controller.abort() },
  );
  await expect(baking).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(access(out)).rejects.toThrow();
  expect((await readdir(scratch)).filter((name) => name.includes('stopped'))).toEqual([]);
});
