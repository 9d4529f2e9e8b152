/** Hashes by which people know a file, of the whole and of its tensors alone. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { hashAdapter } from '../../../../native-models/adapters/adapter-hashes.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hashes-'));
  file = path.join(folder, 'ink.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('all come from one pass, whose progress is in bytes', async () => {
  // Larger than the pieces it is read in, with a header that ends inside the second.
  await writeSafetensors(file, { a: floats([700_000]) }, { note: 'x'.repeat(1_200_000) });
  const bytes = await readFile(file);
  const told: number[] = [];
  const hashes = await hashAdapter(file, { onProgress: (done) => told.push(done) });
  const tensors = sha256(bytes.subarray(8 + Number(bytes.readBigUInt64LE())));
  expect(hashes).toEqual({
    sha256: sha256(bytes),
    autov2: sha256(bytes).slice(0, 10),
    autov3: tensors.slice(0, 12),
    tensors,
  });
  expect(told.at(-1)).toBe(bytes.length);
});

test('other metadata leaves the hash of the tensors as it is', async () => {
  await writeSafetensors(file, { a: floats([4]) }, { note: 'one' });
  const before = await hashAdapter(file);
  await writeSafetensors(file, { a: floats([4]) }, { note: 'another' });
  const after = await hashAdapter(file);
  expect(after.autov3).toBe(before.autov3);
  expect(after.autov2).not.toBe(before.autov2);
});

test('it can be stopped, and a file that is gone is named', async () => {
  await expect(hashAdapter(file, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(hashAdapter(path.join(folder, 'gone.safetensors'))).rejects.toMatchObject({
    kind: 'missing-file',
    message: 'gone.safetensors is not there or cannot be read.',
  });
});
