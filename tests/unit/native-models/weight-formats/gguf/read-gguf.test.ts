/** The header of GGUF files: what is read, and what is refused in one sentence. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { readGguf } from '../../../../../native-models/weight-formats/gguf/read-gguf.js';
import type { GgufText, WrittenTensor } from './gguf-files.js';
import { floatBytes, gguf, scratchFolder, text, u32, u64 } from './gguf-files.js';

const scratch = scratchFolder();
const read = async (bytes: Uint8Array, name = 'Model.gguf') => readGguf(await scratch.put(name, bytes));

const norm: WrittenTensor = { name: 'output_norm.weight', shape: [3], type: 0, bytes: floatBytes(1, 2, 3) };
const quantised: WrittenTensor = { name: 'blk.0.attn_q.weight', shape: [2, 64], type: 2, bytes: new Uint8Array(72) };
const llama = { 'general.architecture': { text: 'llama' } } as const;

describe('a sound file', () => {
  test.each([2, 3])('of version %i has its pairs and tensors, shapes outermost first', async (version) => {
    const file = await read(gguf({ version, pairs: llama, tensors: [norm, quantised] }));
    expect(file).toMatchObject({ version, label: 'Model.gguf' });
    const { shape, type, offset, byteLength } = file.tensors.get('blk.0.attn_q.weight')!;
    expect({ shape, type: type.name, byteLength }).toEqual({ shape: [2, 64], type: 'Q4_0', byteLength: 72 });
    const bytes = await readFile(file.file);
    expect(offset % 32).toBe(0);
    expect(bytes.subarray(file.tensors.get('output_norm.weight')!.offset).subarray(0, 12)).toEqual(
      Buffer.from(floatBytes(1, 2, 3)),
    );
  });

  test('has values of every type', async () => {
    const pairs = {
      u8: { u8: 255 },
      i8: { i8: -1 },
      u16: { u16: 65_535 },
      i16: { i16: -2 },
      u32: { u32: 4_294_967_295 },
      i32: { i32: -3 },
      f32: { f32: 0.5 },
      bool: { bool: true },
      text: { text: 'Füße 🦙' },
      u64: { u64: 5n },
      large: { u64: 2n ** 63n },
      i64: { i64: -6n },
      f64: { f64: 0.1 },
      list: { list: [{ text: 'a' }, { text: '' }] },
      lists: { list: [{ list: [{ u8: 1 }] }, { list: [{ u8: 2 }, { u8: 3 }] }] },
      empty: { list: [], of: 8 },
    } as const;
    const { metadata } = await read(gguf({ pairs }));
    expect(Object.fromEntries(metadata.values)).toEqual({
      u8: 255,
      i8: -1,
      u16: 65_535,
      i16: -2,
      u32: 4_294_967_295,
      i32: -3,
      f32: 0.5,
      bool: true,
      text: 'Füße 🦙',
      u64: 5,
      large: 2n ** 63n,
      i64: -6,
      f64: 0.1,
      list: ['a', ''],
      lists: [[1], [2, 3]],
      empty: [],
    });
  });

  test('may align its tensors otherwise', async () => {
    const pairs = { 'general.alignment': { u32: 64 } } as const;
    const file = await read(gguf({ pairs, tensors: [norm, quantised], alignment: 64 }));
    expect(file.tensors.get('blk.0.attn_q.weight')!.offset % 64).toBe(0);
  });

  test('may have a header longer than what is read at first', async () => {
    const words = Array.from({ length: 40_000 }, (_, i) => ({
      text: `token number ${i}, made long ${'o'.repeat(90)}`,
    }));
    const file = await read(gguf({ pairs: { 'tokenizer.ggml.tokens': { list: words } }, tensors: [norm] }));
    expect(file.metadata.texts('tokenizer.ggml.tokens').at(-1)).toMatch(/^token number 39999/);
  });
});

describe('refused in one sentence', () => {
  const header = (version: number, tensors: bigint, pairs: bigint): Buffer =>
    Buffer.concat([Buffer.from('GGUF'), u32(version), u64(tensors), u64(pairs)]);
  const withTensor = (changes: Partial<WrittenTensor>): Buffer => gguf({ tensors: [{ ...norm, ...changes }] });
  const whole = gguf({ pairs: llama, tensors: [norm, quantised] });

  test.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'Model.gguf is no GGUF file: it has only 0 bytes. Download it again.'],
    ['another file', Buffer.alloc(64, 'x'), 'Model.gguf is no GGUF file: it does not begin with GGUF.'],
    [
      'a file from before GGUF',
      Buffer.concat([Buffer.from('tjgg'), Buffer.alloc(60)]),
      'Model.gguf is in a format of ggml from before GGUF (August 2023). Get the same model as GGUF.',
    ],
    ['version 1', header(1, 0n, 0n), 'Model.gguf is GGUF version 1, of August 2023; versions 2 and 3 are read.'],
    ['a later version', header(4, 0n, 0n), 'Model.gguf is GGUF version 4; versions 2 and 3 are read.'],
    [
      'a big-endian file',
      header(0x03000000, 0n, 0n),
      'Model.gguf is a big-endian GGUF file, for another kind of processor. Get the usual little-endian one.',
    ],
    [
      'a number of tensors that lies',
      gguf({ tensorCount: 2n ** 63n }),
      'Model.gguf is broken or cut short: it names 9223372036854776000 tensors, and has 16 bytes left for them.',
    ],
    [
      'a number of pairs that lies',
      gguf({ pairCount: 1000n }),
      'Model.gguf is broken or cut short: it names 1000 key-value pairs, and has 8 bytes left for them.',
    ],
    [
      'a text of 2^63 bytes',
      Buffer.concat([header(3, 0n, 1n), text('name'), u32(8), u64(2n ** 63n), Buffer.alloc(32)]),
      'Model.gguf is broken or cut short: the text of name would have 9223372036854776000 bytes, and 32 bytes are left.',
    ],
    [
      'a list of 2^60 values',
      Buffer.concat([header(3, 0n, 1n), text('list'), u32(9), u32(0), u64(2n ** 60n), Buffer.alloc(32)]),
      'Model.gguf is broken or cut short: it names 1152921504606847000 values of list, and has 32 bytes left for them.',
    ],
    [
      'lists in lists without end',
      Buffer.concat([
        header(3, 0n, 1n),
        text('deep'),
        u32(9),
        ...Array.from({ length: 50 }, () => [u32(9), u64(1n)]).flat(),
      ]),
      'Model.gguf is broken: deep is a list of lists without end.',
    ],
    [
      'a value of no type',
      Buffer.concat([header(3, 0n, 1n), text('odd'), u32(13), Buffer.alloc(32)]),
      'Model.gguf is broken: odd is of the unknown type 13.',
    ],
    [
      'a key that comes twice',
      Buffer.concat([header(3, 0n, 2n), text('a'), u32(4), u32(1), text('a'), u32(4), u32(2), Buffer.alloc(32)]),
      'Model.gguf is broken: its header names a twice.',
    ],
    [
      'a header that is cut short',
      gguf({ pairs: llama, tensors: [norm, quantised] }).subarray(0, 120),
      'Model.gguf is cut short inside its header. Download it again.',
    ],
    [
      'tensors that are cut short',
      whole.subarray(0, whole.length - 40),
      'Model.gguf is cut short: its header names 296 bytes, the file has 280 bytes. Download it again.',
    ],
    [
      'a tensor that comes twice',
      gguf({ tensors: [norm, norm] }),
      'Model.gguf is broken: its header names output_norm.weight twice.',
    ],
    [
      'five axes',
      withTensor({ shape: [1, 1, 1, 1, 3] }),
      'Model.gguf is broken: output_norm.weight has 5 axes, at most 4 are possible.',
    ],
    [
      'a shape beyond all files',
      withTensor({ shape: [2 ** 40, 2 ** 40] }),
      'Model.gguf is broken: output_norm.weight has the impossible shape [1099511627776, 1099511627776].',
    ],
    [
      'a number format from the future',
      withTensor({ type: 99 }),
      'Model.gguf has output_norm.weight in the number format 99, which is not known here. Get another quantisation of it.',
    ],
    [
      'rows that are no whole blocks',
      withTensor({ shape: [2, 48], type: 2 }),
      'Model.gguf is broken: output_norm.weight has rows of 48, and Q4_0 comes in blocks of 32.',
    ],
    [
      'an alignment of 0',
      gguf({ pairs: { 'general.alignment': { u32: 0 } } }),
      'Model.gguf: general.alignment is 0, it should be a whole number of at least 1.',
    ],
    [
      'an alignment that tensors do not keep',
      gguf({ pairs: { 'general.alignment': { u32: 48 } }, tensors: [norm, quantised] }),
      'Model.gguf is broken: blk.0.attn_q.weight begins at 32, not at a multiple of 48.',
    ],
    [
      'an adapter',
      gguf({ pairs: { 'general.type': { text: 'adapter' } } }),
      'Model.gguf is an adapter (LoRA) for a language model, no model by itself.',
    ],
    [
      'the picture part of a model',
      gguf({ pairs: { 'general.type': { text: 'mmproj' } } }),
      'Model.gguf is the picture part of a language model (mmproj), no model by itself. Choose the model’s other file.',
    ],
    [
      'one from before it was called so',
      gguf({ pairs: { 'general.architecture': { text: 'clip' } } }),
      'Model.gguf is the picture part of a language model (mmproj), no model by itself. Choose the model’s other file.',
    ],
    [
      'an importance matrix',
      gguf({ pairs: { 'general.type': { text: 'imatrix' } } }),
      'Model.gguf is an importance matrix, made while a model is quantised, no model by itself.',
    ],
  ])('%s', async (_, bytes, sentence) => {
    await expect(read(bytes)).rejects.toThrow(expect.objectContaining({ name: 'ModelError', message: sentence }));
  });

  test('tensors that overlap', async () => {
    const bytes = gguf({ tensors: [quantised, norm] });
    // The offset of the second tensor is the last field before the padding of the header.
    const place = bytes.indexOf('output_norm.weight') + 'output_norm.weight'.length + 4 + 8 + 4;
    bytes.writeBigUInt64LE(32n, place);
    await expect(read(bytes)).rejects.toThrow('Model.gguf is broken: output_norm.weight overlaps blk.0.attn_q.weight.');
  });

  test('a file that is not there', async () => {
    const file = path.join(scratch.path(), 'absent.gguf');
    await expect(readGguf(file)).rejects.toThrow('absent.gguf is not there or cannot be read.');
  });

  test('every beginning of a sound file, and files with one byte changed, by a ModelError or not at all', async () => {
    const lists = { list: [{ list: [{ u8: 1 }] }, { list: [{ u8: 2 }] }] };
    const bytes = gguf({ pairs: { ...llama, lists, words: { list: [{ text: 'a' }] } }, tensors: [norm, quantised] });
    for (const place of bytes.keys()) {
      // A third of all places, cut there or with the byte there as small or as large as it can be.
      if (place % 3 !== 0) continue;
      const byte = [0, 0x7f, 0xff][(place / 3) % 3]!;
      const changed = Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + 1)]);
      const attempt = place % 2 === 0 ? changed : bytes.subarray(0, place);
      const outcome = await read(attempt, 'fuzz.gguf').then(
        () => 'read',
        (error: Error) => error.name,
      );
      expect(['read', 'ModelError']).toContain(outcome);
    }
  });
});

describe('a split model', () => {
  const part = (number: number, tensors: readonly WrittenTensor[], more: GgufText['pairs'] = {}): Buffer =>
    gguf({
      pairs: { 'split.no': { u16: number }, 'split.count': { u16: 2 }, 'split.tensors.count': { i32: 2 }, ...more },
      tensors,
    });
  const names = ['Big-00001-of-00002.gguf', 'Big-00002-of-00002.gguf'] as const;

  test.each(names)('is read whole when %s is named', async (named) => {
    await scratch.put(names[0], part(0, [norm], llama));
    await scratch.put(names[1], part(1, [quantised]));
    const file = await readGguf(path.join(scratch.path(), named));
    expect(path.basename(file.file)).toBe(names[0]);
    expect(file.metadata.text('general.architecture')).toBe('llama');
    expect([...file.tensors.values()].map((tensor) => path.basename(tensor.file))).toEqual(names);
    expect(file.identities).toHaveLength(2);
  });

  test('with a part missing names the part', async () => {
    const file = await scratch.put('Lone-00001-of-00002.gguf', part(0, [norm]));
    await expect(readGguf(file)).rejects.toThrow('Lone-00002-of-00002.gguf is not there or cannot be read.');
  });

  test('with a tensor missing says how many there should be', async () => {
    await scratch.put('Less-00002-of-00002.gguf', part(1, []));
    const file = await scratch.put('Less-00001-of-00002.gguf', part(0, [norm]));
    await expect(readGguf(file)).rejects.toThrow(
      'Less-00001-of-00002.gguf names 2 tensors in its 2 parts, they have 1. Download them again.',
    );
  });

  test('with a part in the place of another is refused', async () => {
    await scratch.put('Twice-00002-of-00002.gguf', part(0, [quantised]));
    const file = await scratch.put('Twice-00001-of-00002.gguf', part(0, [norm]));
    await expect(readGguf(file)).rejects.toThrow(
      'Twice-00002-of-00002.gguf is broken: its name says part 2 of 2, its header something else.',
    );
  });

  test('that was renamed says what the names should be', async () => {
    const file = await scratch.put('renamed.gguf', part(1, [quantised]));
    await expect(readGguf(file)).rejects.toThrow(
      'renamed.gguf is one of 2 parts and lost the name that tells which. Name the parts NAME-00001-of-00002.gguf and so on.',
    );
  });
});
