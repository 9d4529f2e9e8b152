/** The safetensors reader against files of strangers: broken ones, lying ones, and what it makes of sound ones. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ModelError } from '../../../../native-models/errors.js';
import { floats, ints } from '../../../../native-models/runtime/tensor.js';
import { findNonFinite, requireFinite } from '../../../../native-models/weight-formats/non-finite.js';
import { floatToHalf, floatsToBrains } from '../../../../native-models/weight-formats/number-formats.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { readSafetensors } from '../../../../native-models/weight-formats/safetensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'safetensors-'));
  file = path.join(folder, 'ink.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with this header and so many bytes of data; `length` is what its first eight bytes claim. */
function bytes(header: unknown, dataBytes: number, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([prefix, text, Buffer.alloc(dataBytes)]);
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('refuses in one sentence', () => {
  test.each<[string, Buffer]>([
    ['ink.safetensors is no safetensors file: it has only 3 bytes. Download it again.', Buffer.from('abc')],
    ['ink.safetensors is no safetensors file: it begins with other bytes.', bytes('{}', 0, 1n << 60n)],
    ['ink.safetensors is no safetensors file: it begins with other bytes.', bytes('{}', 0, 200_000_000n)],
    [
      'ink.safetensors is cut short: its header alone has 5.0 kB, the file has 10 bytes. Download it again.',
      bytes('{}', 0, 5000n),
    ],
    ['ink.safetensors is no safetensors file: its header is not JSON.', bytes('{"a":', 0)],
    ['ink.safetensors is no safetensors file: its header is not a list of tensors.', bytes('[1]', 0)],
    [
      'ink.safetensors is no safetensors file: its header is not text.',
      Buffer.concat([bytes('', 0, 2n), Buffer.from([0xff, 0xfe])]),
    ],
    ['ink.safetensors is broken: a is not described as a tensor.', bytes({ a: 1 }, 0)],
    [
      'ink.safetensors is broken: a has the unknown number format "F33".',
      bytes({ a: { dtype: 'F33', shape: [1], data_offsets: [0, 4] } }, 4),
    ],
    [
      'ink.safetensors is broken: a has the unknown number format "constructor".',
      bytes({ a: { dtype: 'constructor', shape: [1], data_offsets: [0, 4] } }, 4),
    ],
    ['ink.safetensors is broken: a has the shape [-1].', bytes({ a: f32(0, 4, [-1]) }, 4)],
    ['ink.safetensors is broken: a has the shape [1.5].', bytes({ a: f32(0, 4, [1.5]) }, 4)],
    [
      'ink.safetensors is broken: a has the place [0].',
      bytes({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4),
    ],
    ['ink.safetensors is broken: a [3] F32 needs 12 bytes, its header gives it 8.', bytes({ a: f32(0, 8, [3]) }, 8)],
    [
      'ink.safetensors is broken: a [9007199254740991, 9007199254740991] F32',
      bytes({ a: f32(0, 8, [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) }, 8),
    ],
    ['ink.safetensors is broken: a [1] F32 needs 4 bytes, its header gives it -4.', bytes({ a: f32(8, 4, [1]) }, 8)],
    ['ink.safetensors is broken: b overlaps a.', bytes({ a: f32(0, 8), b: f32(4, 12) }, 12)],
    ['ink.safetensors is broken: 4 bytes before b belong to no tensor.', bytes({ a: f32(0, 4), b: f32(8, 12) }, 12)],
    ['ink.safetensors is broken: 5 bytes after its last tensor belong to no tensor.', bytes({ a: f32(0, 4) }, 9)],
    [
      'ink.safetensors is broken: its header names a twice.',
      bytes(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
    ],
    ['ink.safetensors is broken: its metadata is not made of texts.', bytes({ __metadata__: { a: 1 } }, 0)],
  ])('%s', async (sentence, content) => {
    await writeFile(file, content);
    const error: unknown = await readSafetensors(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ kind: 'bad-file', file });
    expect((error as ModelError).message).toContain(sentence);
  });

  test('a file that is cut short, with both sizes', async () => {
    await writeSafetensors(file, { a: floats([250_000]), b: floats([250_000]) });
    await truncate(file, 1_200_000);
    await expect(readSafetensors(file)).rejects.toThrow(
      'ink.safetensors is cut short: its header names 2.0 MB, the file has 1.2 MB. Download it again.',
    );
  });

  test('a file that is not there', async () => {
    await expect(readSafetensors(path.join(folder, 'nothing.safetensors'))).rejects.toMatchObject({
      kind: 'missing-file',
      message: 'nothing.safetensors is not there or cannot be read.',
    });
  });

  test('any damage to a sound header is refused or read as something that fits the file', async () => {
    await writeSafetensors(file, { a: floats([2, 3]), b: ints([2], [1, 2]) }, { format: 'pt' });
    const sound = await readFile(file);
    const headerEnd = 8 + Number(sound.readBigUInt64LE());
    await fc.assert(
      fc.asyncProperty(fc.nat(headerEnd - 1), fc.nat(255), async (place, byte) => {
        const damaged = Buffer.from(sound);
        damaged[place] = byte;
        await writeFile(file, damaged);
        const read = await readSafetensors(file).catch((error: unknown) => error);
        if (read instanceof ModelError) return;
        for (const { offset, byteLength } of (read as Awaited<ReturnType<typeof readSafetensors>>).tensors.values()) {
          expect(offset + byteLength).toBeLessThanOrEqual(damaged.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('what was written is read again, metadata and awkward names too', async () => {
  const tensors = {
    scalar: floats([], Float32Array.of(7)),
    'größe.weight': floats([2, 2], Float32Array.of(1, -2, 3.5, 1e-40)),
    ids: ints([3], [1, -5, 2n ** 40n]),
    __proto__x: floats([0, 4]),
  };
  await writeSafetensors(file, tensors, { note: 'a "quoted" note' });
  expect(await readTensors(file)).toEqual(tensors);
  expect((await readSafetensors(file)).metadata).toEqual({ note: 'a "quoted" note' });
});

test('halves and brains come as float32', async () => {
  const values = Float32Array.of(1, -0.333251953125, 65504, 2 ** -24);
  const halves = Uint16Array.from(values, floatToHalf);
  await writeSafetensors(file, {
    half: { dtype: 'F16', shape: [4], bytes: new Uint8Array(halves.buffer) },
    brain: { dtype: 'BF16', shape: [2], bytes: new Uint8Array(floatsToBrains(Float32Array.of(1, -3)).buffer) },
  });
  const { half, brain } = await readTensors(file);
  expect(half?.data).toEqual(values);
  expect(brain?.data).toEqual(Float32Array.of(1, -3));
});

test('floats are rounded to halves as IEEE 754 says, ties to even', () => {
  const cases: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [1 + 2 ** -11, 0x3c00], // half-way: to even
    [1 + 3 * 2 ** -11, 0x3c02],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -14 - 2 ** -25, 0x0400],
    [-Infinity, 0xfc00],
    [NaN, 0x7e00],
  ];
  for (const [value, bits] of cases) expect(floatToHalf(value), `${value}`).toBe(bits);
});

describe('numbers that are not finite', () => {
  const write = (data: Record<string, Float32Array>): Promise<void> =>
    writeSafetensors(
      file,
      Object.fromEntries(Object.entries(data).map(([name, values]) => [name, floats([values.length], values)])),
    );

  test('are found by tensor, in floats and halves of odd number', async () => {
    await writeSafetensors(file, {
      nan: floats([3], Float32Array.of(1, NaN, 2)),
      infinite: { dtype: 'F16', shape: [3], bytes: new Uint8Array(Uint16Array.of(0, 0x3c00, 0xfc00).buffer) },
      brain: { dtype: 'BF16', shape: [2], bytes: new Uint8Array(Uint16Array.of(0x7f80, 0).buffer) },
      large: { dtype: 'F16', shape: [2], bytes: new Uint8Array(Uint16Array.of(0x7bff, 0xfbff).buffer) },
      largest: floats([2], Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38)),
    });
    expect((await findNonFinite(await readSafetensors(file))).toSorted()).toEqual(['brain', 'infinite', 'nan']);
  });

  test('are one sentence before first use', async () => {
    await write({ fine: Float32Array.of(1), 'conv_in.weight': Float32Array.of(NaN) });
    await expect(requireFinite(await readSafetensors(file))).rejects.toThrow(
      'ink.safetensors is damaged: conv_in.weight holds values that are not numbers. Download it again or use another file.',
    );
  });

  test('agree with a plain scan on any bits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 64 }), async (random) => {
        const data = random.slice(0, random.length & ~3);
        await writeSafetensors(file, { x: { dtype: 'F32', shape: [data.length / 4], bytes: data } });
        const plain = new Float32Array(data.buffer).some((value) => !Number.isFinite(value));
        expect((await findNonFinite(await readSafetensors(file))).length).toBe(plain ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});
