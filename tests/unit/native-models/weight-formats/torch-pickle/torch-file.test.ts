import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readTensors } from '../../../../../native-models/weight-formats/read-tensors.js';
import { readWeightFile } from '../../../../../native-models/weight-formats/read-weight-file.js';
import { Pickle, legacyHead, legacyKeys, writeTorchLegacy, writeTorchZip, writeZip } from '../../../../torch-files.js';
import type { TorchTensors } from '../../../../torch-files.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'torch-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (): string => path.join(folder, 'model.pth');
const f32 = (shape: number[], ...values: number[]): TorchTensors[string] => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const tensors: TorchTensors = { 'layer.weight': f32([2, 2], 1, 2, 3, 4), 'layer.bias': f32([2], 5, 6) };

/** The sentence without the file's name, which each begins with. */
async function refusal(): Promise<string> {
  const error = await readWeightFile(file()).then(
    () => new Error('it was read'),
    (cause: unknown) => cause as Error,
  );
  expect(error).toMatchObject({ name: 'ModelError', file: file() });
  expect(error.message).toMatch(/^model\.pth .*\.$/);
  return error.message.slice('model.pth '.length);
}

/** One tensor of six numbers in a storage of the key '0'; what is told of it may be a lie. */
function pickleOf({ elements = 6, view = null as [string, number, number] | null } = {}): Buffer {
  const pickle = new Pickle().op('}').text('weight').global('torch._utils', '_rebuild_tensor_v2').op('((');
  pickle.text('storage').global('torch', 'FloatStorage').text('0').text('cpu').int(elements);
  if (view) pickle.op('(').text(view[0]).int(view[1]).int(view[2]).op('t');
  else pickle.op('N');
  return pickle.op('tQ').int(0).ints([2, 2]).ints([2, 1]).raw(0x89).op('}tRs').end();
}

const numbers = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const count = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
};

describe.each([
  ['zip', writeTorchZip],
  ['legacy', writeTorchLegacy],
] as const)('%s', (form, write) => {
  test('gives every tensor as it was, in place', async () => {
    await write(file(), tensors);
    const read = await readTensors(await readWeightFile(file()));
    expect(Object.keys(read)).toEqual(Object.keys(tensors));
    expect([...read['layer.weight']!.data]).toEqual([1, 2, 3, 4]);
    expect([...read['layer.bias']!.data]).toEqual([5, 6]);
  });

  test('is told by its first bytes and not by its name', async () => {
    const other = path.join(folder, 'model.safetensors');
    await write(other, tensors);
    expect((await readWeightFile(other)).tensors.size).toBe(2);
  });

  test('that is cut short anywhere is refused in one sentence', async () => {
    await write(file(), tensors);
    const whole = await readFile(file());
    for (let length = whole.length - 1; length > 16; length -= 13) {
      await writeFile(file(), whole.subarray(0, length));
      expect(await refusal(), `${length} of ${whole.length} bytes`).toMatch(/cut short|broken/);
    }
  });

  test('of another byte order is refused', async () => {
    if (form === 'zip') {
      await writeZip(file(), [
        ['data.pkl', pickleOf()],
        ['byteorder', Buffer.from('big')],
        ['data/0', numbers(1, 2, 3, 4, 5, 6)],
      ]);
    } else {
      await writeFile(file(), Buffer.concat([legacyHead(false), pickleOf(), legacyKeys(['0']), count(6)]));
    }
    expect(await refusal()).toContain('another byte order');
  });
});

test('a legacy stream longer than what is read at first is read, and its storages are found', async () => {
  const many = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`layer.${i}.weight`, f32([1], i)]));
  await writeTorchLegacy(file(), many);
  const read = await readTensors(await readWeightFile(file()));
  expect(read['layer.11999.weight']!.data[0]).toBe(11_999);
});

test('a part of a legacy storage lies within it', async () => {
  const whole = Buffer.concat([legacyHead(), pickleOf({ view: ['1', 2, 4] }), legacyKeys(['0']), count(6)]);
  await writeFile(file(), Buffer.concat([whole, numbers(1, 2, 3, 4, 5, 6)]));
  expect([...(await readTensors(await readWeightFile(file())))['weight']!.data]).toEqual([3, 4, 5, 6]);
});

describe('a legacy stream that lies', () => {
  test.each([
    [
      'of the count of its numbers',
      [pickleOf(), legacyKeys(['0']), count(5), numbers(1, 2, 3, 4, 5, 6)],
      'another count',
    ],
    ['of a count below zero', [pickleOf(), legacyKeys(['0']), count(-6), numbers(1)], 'another count'],
    ['of numbers that no tensor has', [pickleOf(), legacyKeys(['7']), count(6)], 'no tensor has'],
    [
      'of the same numbers twice',
      [pickleOf(), legacyKeys(['0', '0']), count(6), numbers(1, 2, 3, 4, 5, 6)],
      'no tensor has',
    ],
    ['of numbers that are not there', [pickleOf(), legacyKeys([])], 'not in it'],
    ['of a part beyond the whole', [pickleOf({ view: ['1', 4, 4] })], 'larger than the whole'],
    ['of a size beyond all files', [pickleOf({ elements: 2 ** 50 }), legacyKeys(['0']), count(2 ** 50)], 'cut short'],
  ])('%s is refused', async (_what, parts, word) => {
    await writeFile(file(), Buffer.concat([legacyHead(), ...parts]));
    expect(await refusal()).toContain(word);
  });
});

describe('a zip that lies', () => {
  const sound = [
    ['data.pkl', pickleOf()],
    ['data/0', numbers(1, 2, 3, 4, 5, 6)],
  ] as const;

  async function changed(edit: (bytes: Buffer, directory: number) => void): Promise<string> {
    await writeZip(file(), sound);
    const bytes = await readFile(file());
    edit(bytes, bytes.indexOf('PK\x01\x02', 0, 'latin1'));
    await writeFile(file(), bytes);
    return refusal();
  }
  const second = (bytes: Buffer, directory: number): number => bytes.indexOf('PK\x01\x02', directory + 4, 'latin1');

  test('of none of it is read', async () => {
    await writeZip(file(), sound);
    expect((await readWeightFile(file())).tensors.get('weight')).toMatchObject({ shape: [2, 2], byteLength: 16 });
  });

  test.each([
    [
      'too few numbers',
      [
        ['data.pkl', pickleOf()],
        ['data/0', numbers(1, 2, 3, 4, 5)],
      ],
      'fewer numbers',
    ],
    ['no numbers', [['data.pkl', pickleOf()]], 'not in it'],
    ['one name twice', [...sound, sound[1]], 'one name'],
    ['no pickle', [['pictures/1.png', numbers(1)]], 'no data.pkl'],
    ['a pickle without an end', [['data.pkl', pickleOf().subarray(0, -1)]], 'no end'],
    ['a part of a part', [['data.pkl', pickleOf({ view: ['0', 0, 6] })], sound[1]], 'broken'],
  ] as [string, [string, Uint8Array][], string][])('with %s is refused', async (_what, entries, word) => {
    await writeZip(file(), entries);
    expect(await refusal()).toContain(word);
  });

  test('about its parts is refused', async () => {
    // Fields of the list: method at 10, sizes at 20 and 24, place at 42.
    expect(await changed((bytes, at) => bytes.writeUInt16LE(8, second(bytes, at) + 10))).toContain('compressed');
    expect(await changed((bytes, at) => bytes.writeUInt16LE(1, second(bytes, at) + 8))).toContain('compressed');
    expect(await changed((bytes, at) => bytes.writeUInt32LE(23, second(bytes, at) + 20))).toContain('compressed');
    expect(
      await changed((bytes, at) => {
        bytes.writeUInt32LE(2 ** 30, second(bytes, at) + 20);
        bytes.writeUInt32LE(2 ** 30, second(bytes, at) + 24);
      }),
    ).toContain('overlaps');
    expect(await changed((bytes, at) => bytes.writeUInt32LE(0, second(bytes, at) + 42))).toContain('overlaps');
    expect(await changed((bytes, at) => bytes.writeUInt32LE(1, second(bytes, at) + 42))).toMatch(/overlaps|not where/);
    expect(await changed((bytes) => bytes.writeUInt32LE(0xfffffff0, bytes.length - 6))).toContain('outside');
    expect(await changed((bytes) => bytes.writeUInt32LE(0xffffffff, bytes.length - 6))).toContain('not there');
    expect(await changed((bytes) => bytes.writeUInt16LE(9, bytes.length - 12))).toContain('does not list');
  });

  test('about a part’s own name is refused', async () => {
    expect(await changed((bytes) => bytes.write('b', bytes.indexOf('archive/data/0') + 13))).toContain('not where');
  });
});

describe('what is no file of torch', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), /no safetensors file/],
    ['words', Buffer.from('once upon a time'), /no safetensors file/],
    ['an empty zip', Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(40)]), /cut short/],
    ['a tape archive', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(250)]), /before 2017/],
    ['another pickle', new Pickle().op('}').end(), /not one of torch/],
  ])('%s is refused', async (_what, bytes, words) => {
    await writeFile(file(), bytes);
    expect(await refusal()).toMatch(words);
  });

  test('a file that is not there is told so, and a folder', async () => {
    await expect(readWeightFile(folder)).rejects.toThrow('is a folder: choose the file of weights in it.');
    await expect(readWeightFile(path.join(folder, 'gone.pth'))).rejects.toMatchObject({ kind: 'missing-file' });
    await writeTorchZip(file(), tensors);
    await truncate(file(), 3);
    expect(await refusal()).toContain('no safetensors file');
  });
});

test('an object that holds itself, or is nested without end, is refused', async () => {
  const itself = new Pickle().op(']').raw(0x71, 0).op('(h\x00e').end();
  await writeZip(file(), [['data.pkl', itself]]);
  expect(await refusal()).toContain('holds itself');
  // Each list holds the one before twice: thirty of them stand for a thousand million.
  const doubled = new Pickle().op(']');
  for (let i = 0; i < 30; i++) doubled.raw(0x71, i).op('0](').raw(0x68, i, 0x68, i).op('e');
  await writeZip(file(), [['data.pkl', doubled.end()]]);
  expect(await refusal()).toContain('nested too deep');
});
