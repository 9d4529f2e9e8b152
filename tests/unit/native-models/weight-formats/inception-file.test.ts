import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readInception } from '../../../../native-models/weight-formats/inception-file.js';
import { readGolden } from '../../../parity/golden.js';
import type { TorchTensors } from '../../../torch-files.js';
import { writeTorchZip } from '../../../torch-files.js';

const { tensors: shapes } = readGolden<{ tensors: Record<string, number[]> }>('inception', 'random').description;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'inception-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file of zeros that takes no room on the disk, with a header that says which tensors they are. */
async function write(
  tensors: Readonly<Record<string, readonly number[]>>,
  name = 'model.safetensors',
): Promise<string> {
  let end = 0;
  const entries = Object.entries(tensors).map(([key, shape]) => {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [key, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = path.join(folder, name);
  const handle = await open(file, 'w');
  await handle.writeFile(Buffer.concat([length, header]));
  await handle.truncate(8 + header.length + end);
  await handle.close();
  return file;
}

const renamed = (rename: (name: string) => string): Record<string, number[]> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [rename(name), shape]));

describe('the FID Inception', () => {
  test('is read from its own names', async () => {
    const file = await write(shapes);
    const files = await readInception(file);
    expect(files).toMatchObject({ kind: 'inception', file, label: 'model.safetensors', dtype: 'F32' });
    expect(files.bytes).toBeGreaterThan(95e6);
    expect(files.identities.map((identity) => identity.file)).toEqual([file]);
    expect(files.weights.find('Mixed_7c.branch_pool.bn.running_var')).toMatchObject({ shape: [192] });
  });

  test('may have counts of batches, a prefix, and no bias that nothing reads', async () => {
    const { 'inception.fc.bias': _bias, ...tensors } = renamed((name) => `inception.${name}`);
    const file = await write({ ...tensors, 'inception.Conv2d_1a_3x3.bn.num_batches_tracked': [] });
    const { weights } = await readInception(file);
    expect(weights.find('Conv2d_1a_3x3.conv.weight')).toMatchObject({ name: 'inception.Conv2d_1a_3x3.conv.weight' });
  });
});

describe('what is refused', () => {
  const refusal = async (file: string): Promise<string> => {
    const error = await readInception(file).then(
      () => new Error('it was read'),
      (cause: unknown) => cause as Error,
    );
    expect(error).toMatchObject({ name: 'ModelError', kind: 'unfit-model', file });
    return error.message;
  };

  test('torchvision’s Inception, by its name: with and without its second head', async () => {
    const file = await write({ ...shapes, 'fc.weight': [1000, 2048], 'fc.bias': [1000] });
    expect(await refusal(file)).toContain('is torchvision’s Inception (1000 classes), not the FID one');
    expect(await refusal(await write({ ...shapes, 'AuxLogits.fc.weight': [1008, 768] }))).toContain('torchvision');
  });

  test('one with a tensor missing, one with a tensor of another shape: by its name', async () => {
    const { 'Mixed_6d.branch7x7_2.conv.weight': _gone, ...rest } = shapes;
    expect(await refusal(await write(rest))).toContain('has no tensor Mixed_6d.branch7x7_2.conv.weight');
    const other = await write({ ...shapes, 'Mixed_5b.branch_pool.conv.weight': [64, 192, 1, 1] });
    expect(await refusal(other)).toContain(
      'Mixed_5b.branch_pool.conv.weight is [64, 192, 1, 1], expected [32, 192, 1, 1]',
    );
  });

  test('what is something else', async () => {
    const tensors: TorchTensors = { weight: { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) } };
    const file = path.join(folder, 'other.pth');
    await writeTorchZip(file, tensors);
    expect(await refusal(file)).toMatch(/^other\.pth is no FID Inception: it has no Conv2d_1a_3x3\.conv\.weight\./);
  });
});
