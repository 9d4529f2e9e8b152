/** GGUF files for tests, written from the format's description: sound ones, and ones that lie. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll } from 'vitest';

export type TypedValue =
  | { readonly u8: number }
  | { readonly i8: number }
  | { readonly u16: number }
  | { readonly i16: number }
  | { readonly u32: number }
  | { readonly i32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly u64: bigint }
  | { readonly i64: bigint }
  | { readonly f64: number }
  | { readonly list: readonly TypedValue[]; readonly of?: number };

export interface WrittenTensor {
  readonly name: string;
  /** Outermost first. */
  readonly shape: readonly number[];
  /** ggml's number of the format. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface GgufText {
  readonly version?: number;
  readonly pairs?: Readonly<Record<string, TypedValue>>;
  readonly tensors?: readonly WrittenTensor[];
  readonly alignment?: number;
  /** What the header says instead of how many there are. */
  readonly tensorCount?: bigint;
  readonly pairCount?: bigint;
}

export function gguf(file: GgufText): Buffer {
  const { version = 3, pairs = {}, tensors = [], alignment = 32 } = file;
  const entries = Object.entries(pairs);
  const parts = [Buffer.from('GGUF'), u32(version)];
  parts.push(u64(file.tensorCount ?? BigInt(tensors.length)), u64(file.pairCount ?? BigInt(entries.length)));
  for (const [key, value] of entries) parts.push(text(key), u32(typeOf(value)), valueBytes(value));
  let start = 0;
  const data: Buffer[] = [];
  for (const { name, shape, type, bytes } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map((size) => u64(BigInt(size))), u32(type));
    parts.push(u64(BigInt(start)));
    data.push(padded(Buffer.from(bytes), alignment));
    start += data.at(-1)!.length;
  }
  return Buffer.concat([padded(Buffer.concat(parts), alignment), ...data]);
}

export const u32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
};

export const u64 = (number: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(number);
  return bytes;
};

export const text = (words: string): Buffer =>
  Buffer.concat([u64(BigInt(Buffer.byteLength(words))), Buffer.from(words)]);

const typeNames = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'text', 'list', 'u64', 'i64', 'f64'] as const;

function typeOf(value: TypedValue): number {
  return typeNames.findIndex((name) => name in value);
}

function valueBytes(value: TypedValue): Buffer {
  if ('text' in value) return text(value.text);
  if ('list' in value) {
    const { list, of = list[0] ? typeOf(list[0]) : 4 } = value;
    return Buffer.concat([u32(of), u64(BigInt(list.length)), ...list.map(valueBytes)]);
  }
  const bytes = Buffer.alloc(8);
  if ('u8' in value) return bytes.subarray(0, bytes.writeUInt8(value.u8));
  if ('i8' in value) return bytes.subarray(0, bytes.writeInt8(value.i8));
  if ('u16' in value) return bytes.subarray(0, bytes.writeUInt16LE(value.u16));
  if ('i16' in value) return bytes.subarray(0, bytes.writeInt16LE(value.i16));
  if ('u32' in value) return bytes.subarray(0, bytes.writeUInt32LE(value.u32));
  if ('i32' in value) return bytes.subarray(0, bytes.writeInt32LE(value.i32));
  if ('f32' in value) return bytes.subarray(0, bytes.writeFloatLE(value.f32));
  if ('bool' in value) return bytes.subarray(0, bytes.writeUInt8(Number(value.bool)));
  if ('u64' in value) return bytes.subarray(0, bytes.writeBigUInt64LE(value.u64));
  if ('i64' in value) return bytes.subarray(0, bytes.writeBigInt64LE(value.i64));
  return bytes.subarray(0, bytes.writeDoubleLE(value.f64));
}

function padded(bytes: Buffer, alignment: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

/** A folder that lasts as long as the tests of a file. */
export function scratchFolder(): {
  readonly put: (name: string, bytes: Uint8Array) => Promise<string>;
  path(): string;
} {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gguf-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    path: () => folder,
    async put(name, bytes) {
      const file = path.join(folder, name);
      await writeFile(file, bytes);
      return file;
    },
  };
}

export const floatBytes = (...numbers: number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);

/** Tokens of the smallest vocabulary that a tokenizer takes: unknown, begin, end, one for each byte. */
export const byteVocabulary: Readonly<Record<string, TypedValue>> = {
  'tokenizer.ggml.model': { text: 'llama' },
  'tokenizer.ggml.tokens': {
    list: ['<unk>', '<s>', '</s>', ...Array.from({ length: 256 }, (_, byte) => byteToken(byte))].map((word) => ({
      text: word,
    })),
  },
  'tokenizer.ggml.scores': { list: Array.from({ length: 259 }, () => ({ f32: 0 })) },
  'tokenizer.ggml.token_type': {
    list: Array.from({ length: 259 }, (_, id) => ({ i32: id === 0 ? 2 : id < 3 ? 3 : 6 })),
  },
  'tokenizer.ggml.bos_token_id': { u32: 1 },
  'tokenizer.ggml.eos_token_id': { u32: 2 },
};

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
