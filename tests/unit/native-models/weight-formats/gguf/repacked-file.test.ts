/** The file that a quantised model runs from: what is in it, when it is written, what is left behind. */
import { createHash } from 'node:crypto';
import { readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { readTensors } from '../../../../../native-models/weight-formats/read-tensors.js';
import type { GgufFile } from '../../../../../native-models/weight-formats/gguf/read-gguf.js';
import { readGguf } from '../../../../../native-models/weight-formats/gguf/read-gguf.js';
import {
  needsRepacking,
  repackedBytes,
  repackedFile,
} from '../../../../../native-models/weight-formats/gguf/repacked-file.js';
import type { WrittenTensor } from './gguf-files.js';
import { floatBytes, gguf, scratchFolder } from './gguf-files.js';

const scratch = scratchFolder();
let made = 0;

/** Blocks of Q4_1 whose scale is 0.5 and whose minimum is -2, of which element k of block b has the level (b + k) % 16. */
function q4_1(blocks: number): Uint8Array {
  const bytes = new Uint8Array(20 * blocks);
  for (let b = 0; b < blocks; b++) {
    bytes.set([0x00, 0x38, 0x00, 0xc0], 20 * b);
    for (let j = 0; j < 16; j++) bytes[20 * b + 4 + j] = ((b + j) % 16) | (((b + j + 16) % 16) << 4);
  }
  return bytes;
}

const query: WrittenTensor = { name: 'blk.0.attn_q.weight', shape: [3, 64], type: 3, bytes: q4_1(6) };
const table: WrittenTensor = {
  name: 'token_embd.weight',
  shape: [2, 64],
  type: 8,
  bytes: new Uint8Array(34 * 4).fill(3),
};
const norm: WrittenTensor = { name: 'output_norm.weight', shape: [3], type: 0, bytes: floatBytes(1, 2, 3) };
const half: WrittenTensor = {
  name: 'blk.0.attn_k.weight',
  shape: [1, 3],
  type: 1,
  bytes: Uint8Array.of(0, 60, 0, 64, 0, 66),
};
const unread: WrittenTensor = { name: 'blk.0.odd.weight', shape: [4], type: 0, bytes: floatBytes(1, 2, 3, 4) };

async function model(tensors: readonly WrittenTensor[]): Promise<{ file: GgufFile; cacheFolder: string }> {
  const name = `Model ${made++}.gguf`;
  const file = await readGguf(await scratch.put(name, gguf({ tensors })));
  return { file, cacheFolder: path.join(scratch.path(), `${name} cache`) };
}

test('matrices become scales, minimums and whole numbers in pairs, the rest stays as it is', async () => {
  const { file, cacheFolder } = await model([half, query, table, norm, unread]);
  const repacked = await repackedFile(file, { cacheFolder });
  expect(
    Object.fromEntries([...repacked.tensors].map(([name, { dtype, shape }]) => [name, [dtype, ...shape]])),
  ).toEqual({
    'model.layers.0.self_attn.q_proj.weight.scales': ['F32', 3, 2],
    'model.layers.0.self_attn.q_proj.weight.minimums': ['F32', 3, 2],
    'model.layers.0.self_attn.q_proj.weight.packed4': ['U8', 3, 2, 16],
    'model.embed_tokens.weight.scales': ['F32', 2, 2],
    'model.embed_tokens.weight.packed8': ['U8', 2, 2, 32],
    'model.norm.weight': ['F32', 3],
    'model.layers.0.self_attn.k_proj.weight': ['F16', 1, 3],
  });
  const tensors = await readTensors(repacked);
  const of = (name: string): number[] =>
    Array.from(tensors[`model.layers.0.self_attn.q_proj.weight.${name}`]!.data, Number);
  expect(of('scales')).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  expect(of('minimums')).toEqual([2, 2, 2, 2, 2, 2]); // 8 * 0.5 - 2
  expect(of('packed4').slice(16, 19)).toEqual([0x21, 0x43, 0x65]); // of block 1: levels 1, 2, 3, 4 ...
  expect([...(tensors['model.norm.weight']!.data as Float32Array)]).toEqual([1, 2, 3]);
  expect([...(tensors['model.layers.0.self_attn.k_proj.weight']!.data as Float32Array)]).toEqual([1, 2, 3]);
});

test('a matrix of many reads is the same as in one', async () => {
  const rows = 40_000; // of 160 bytes: more than one read of 4 MB
  const bytes = q4_1(rows * 8);
  const { file, cacheFolder } = await model([{ name: 'blk.0.ffn_up.weight', shape: [rows, 256], type: 3, bytes }]);
  const steps: number[] = [];
  const repacked = await repackedFile(file, { cacheFolder, onProgress: (done) => steps.push(done) });
  const { offset, byteLength } = repacked.tensors.get('model.layers.0.mlp.up_proj.weight.packed4')!;
  const packed = (await readFile(repacked.file)).subarray(offset, offset + byteLength);
  // Every sixteen blocks the levels are the same, so every two rows are.
  const twoRows = packed.subarray(0, 256);
  const digest = createHash('sha256').update(packed).digest('hex');
  const expected = createHash('sha256')
    .update(Buffer.concat(new Array<Buffer>(rows / 2).fill(twoRows)))
    .digest('hex');
  expect(digest).toBe(expected);
  expect(steps.at(-1)).toBe(bytes.length);
  expect(steps.length).toBeGreaterThan(1);
});

test('the size is known beforehand', async () => {
  const { file, cacheFolder } = await model([query, table, norm, half]);
  const repacked = await repackedFile(file, { cacheFolder });
  const data = [...repacked.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(repackedBytes(file)).toBe(data);
});

test('a file of plain floats needs none', async () => {
  const { file } = await model([norm, half]);
  expect(needsRepacking(file)).toBe(false);
});

describe('the file is written', () => {
  test('once', async () => {
    const { file, cacheFolder } = await model([query]);
    const first = await stat((await repackedFile(file, { cacheFolder })).file);
    const second = await stat((await repackedFile(file, { cacheFolder })).file);
    expect(second.ino).toBe(first.ino);
    expect(second.mtimeMs).toBe(first.mtimeMs);
  });

  test('under a name without what a folder cannot hold', async () => {
    const file = await readGguf(await scratch.put('Größe: “7B” (v2).Q4_1.gguf', gguf({ tensors: [query] })));
    const repacked = await repackedFile(file, { cacheFolder: path.join(scratch.path(), 'names') });
    expect(path.basename(repacked.file)).toMatch(/^Gr__e___7B___v2_\.Q4_1-[0-9a-f]{8}-[0-9a-f]{16}\.safetensors$/);
  });

  test('again when the model’s file changed, and the older one goes', async () => {
    const { file, cacheFolder } = await model([query]);
    const first = await repackedFile(file, { cacheFolder });
    await utimes(file.file, 1000, 1000);
    const second = await repackedFile(await readGguf(file.file), { cacheFolder });
    expect(second.file).not.toBe(first.file);
    expect(await readdir(cacheFolder)).toEqual([path.basename(second.file)]);
  });

  test('again when it was damaged', async () => {
    const { file, cacheFolder } = await model([query]);
    const { file: cached } = await repackedFile(file, { cacheFolder });
    const bytes = await readFile(cached);
    await writeFile(cached, bytes.subarray(0, -1));
    await repackedFile(file, { cacheFolder });
    expect(await readFile(cached)).toEqual(bytes);
  });
});

describe('nothing is left behind', () => {
  test('when it is stopped', async () => {
    const { file, cacheFolder } = await model([query, table]);
    const stop = new AbortController();
    const repacking = repackedFile(file, { cacheFolder, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(repacking).rejects.toThrow(expect.objectContaining({ kind: 'cancelled' }));
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  test('when scales are not numbers', async () => {
    const bytes = q4_1(6);
    bytes.set([0x00, 0x7c], 20); // infinity
    const { file, cacheFolder } = await model([{ ...query, bytes }]);
    await expect(repackedFile(file, { cacheFolder })).rejects.toThrow(
      `${file.label} is damaged: blk.0.attn_q.weight holds values that are not numbers. Download it again or use another file.`,
    );
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  test('when the model’s file is another than the one that was read', async () => {
    const { file, cacheFolder } = await model([query]);
    await writeFile(file.file, gguf({ tensors: [query, norm] }));
    await expect(repackedFile(file, { cacheFolder })).rejects.toThrow(
      expect.objectContaining({ kind: 'file-changed' }),
    );
    await expect(readdir(cacheFolder)).rejects.toThrow('ENOENT');
  });
});

test.each([
  [
    'a number format that does not run',
    { ...query, type: 10, shape: [1, 256], bytes: new Uint8Array(84) },
    'stored as Q2_K',
  ],
  ['quantised experts', { ...query, shape: [1, 3, 64] }, 'blk.0.attn_q.weight is Q4_1 and no matrix'],
])('%s is refused by name', async (_, tensor, words) => {
  const { file, cacheFolder } = await model([tensor]);
  await expect(repackedFile(file, { cacheFolder })).rejects.toThrow(words);
});
