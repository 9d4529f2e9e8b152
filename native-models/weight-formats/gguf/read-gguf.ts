/**
 * The GGUF format: a header of typed key-value pairs and a list of tensors, padding, then the tensors' bytes.
 *
 *   magic "GGUF" · version u32 · tensor count u64 · pair count u64
 *   pair: key, type u32, value · tensor: name, axes u32, size of each axis u64 (innermost first), type u32, offset u64
 *   string: length u64, UTF-8 · array: type u32, count u64, values
 *
 * Reference: ggml, docs/gguf.md, and the reader of its src/gguf.cpp. Files come from strangers: every count and length
 * is checked against what the file has left before anything uses it. Only the header is read; tensors stay in the file.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../../errors.js';
import type { FileIdentity } from '../../runtime/file-identity.js';
import { megabytes } from '../number-formats.js';
import type { GgmlType } from './ggml-types.js';
import { ggmlTypes } from './ggml-types.js';
import type { GgufValue } from './gguf-metadata.js';
import { GgufMetadata } from './gguf-metadata.js';

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Outermost axis first, as everywhere else here; the file has them the other way round. */
  readonly shape: readonly number[];
  /** Absolute path of the part that holds it, and its place from the beginning of that part. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

export interface GgufFile {
  /** Absolute path; of a split model its first part. */
  readonly file: string;
  /** What messages call it. */
  readonly label: string;
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Every part, in order. */
  readonly identities: readonly FileIdentity[];
}

/** Read and check the header, of every part when the model is split; any of its parts may be named. */
export async function readGguf(file: string, label = path.basename(file)): Promise<GgufFile> {
  const named = await readPart(file, label);
  refuseOtherKinds(named);
  const count = named.metadata.integer('split.count', 1);
  return count <= 1 ? joined([named]) : joined(await readSplit(named, count));
}

/** One file, split or not. */
interface Part extends Omit<GgufFile, 'identities'> {
  readonly identity: FileIdentity;
}

function joined(parts: readonly Part[]): GgufFile {
  const [first] = parts as [Part];
  const tensors = new Map<string, GgufTensor>();
  for (const part of parts) {
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) throw bad(part, `is broken: another part of the model has the tensor ${name} too.`);
      tensors.set(name, tensor);
    }
  }
  return { ...first, tensors, identities: parts.map(({ identity }) => identity) };
}

// ------------------------------------------------------------------------------------------------ split files ----

/** `NAME-00002-of-00003.gguf`, as llama.cpp's gguf-split writes them. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const MAX_PARTS = 1000;

async function readSplit(named: Part, count: number): Promise<Part[]> {
  const [, stem, , total] = partName.exec(path.basename(named.file)) ?? [];
  if (count > MAX_PARTS) throw bad(named, `is broken: it says that it is one of ${count} parts.`);
  if (stem === undefined || Number(total) !== count) {
    const wanted = `NAME-00001-of-${padded(count)}.gguf`;
    throw bad(
      named,
      `is one of ${count} parts and lost the name that tells which. Name the parts ${wanted} and so on.`,
    );
  }
  const parts: Part[] = [];
  for (let number = 0; number < count; number++) {
    const name = `${stem}-${padded(number + 1)}-of-${padded(count)}.gguf`;
    const file = path.join(path.dirname(named.file), name);
    const part = file === named.file ? named : await readPart(file, name);
    if (part.metadata.integer('split.no', -1, -1) !== number || part.metadata.integer('split.count', 0) !== count) {
      throw bad(part, `is broken: its name says part ${number + 1} of ${count}, its header something else.`);
    }
    parts.push(part);
  }
  refuseOtherKinds(parts[0] as Part);
  const expected = (parts[0] as Part).metadata.integer('split.tensors.count', 0);
  const found = parts.reduce((sum, part) => sum + part.tensors.size, 0);
  if (expected !== 0 && expected !== found) {
    throw bad(
      parts[0] as Part,
      `names ${expected} tensors in its ${count} parts, they have ${found}. Download them again.`,
    );
  }
  return parts;
}

function padded(number: number): string {
  return String(number).padStart(5, '0');
}

/** GGUF also holds things that are no language model by themselves. */
function refuseOtherKinds({ metadata, file, label }: Part): void {
  const architecture = metadata.textOrNull('general.architecture');
  // Projectors from before general.type existed have only their architecture.
  const kind = metadata.text('general.type', architecture === 'clip' ? 'mmproj' : 'model');
  const sentence = otherKinds[kind];
  if (sentence !== undefined) throw new ModelError('unsupported', `${label} ${sentence}`, { file });
}

const otherKinds: Readonly<Record<string, string>> = {
  adapter: 'is an adapter (LoRA) for a language model, no model by itself.',
  mmproj: 'is the picture part of a language model (mmproj), no model by itself. Choose the model’s other file.',
  imatrix: 'is an importance matrix, made while a model is quantised, no model by itself.',
};

// ------------------------------------------------------------------------------------------------ one header ----

/** Real headers reach 30 MB, with vocabularies of a quarter of a million tokens. */
const MAX_HEADER_BYTES = 100_000_000;
const FIRST_READ_BYTES = 2 << 20;

async function readPart(file: string, label: string): Promise<Part> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  try {
    const { size, mtimeMs, ino } = await handle.stat();
    const place = { file, label };
    // The header does not say how long it is. What runs over the bytes read so far is parsed again with more of them.
    for (let length = FIRST_READ_BYTES; ; length *= 4) {
      const bytes = await readStart(handle, Math.min(length, size, MAX_HEADER_BYTES));
      try {
        const header = parseHeader(new Cursor(bytes, size, place));
        return { ...place, ...header, identity: { ...place, bytes: size, mtimeMs, inode: ino } };
      } catch (error) {
        if (!(error instanceof MoreNeeded)) throw error;
        if (bytes.length < size && bytes.length < MAX_HEADER_BYTES) continue;
        const fault =
          bytes.length < size
            ? `has a header of more than ${megabytes(MAX_HEADER_BYTES)}, which no model needs.`
            : 'is cut short inside its header. Download it again.';
        throw bad(place, fault);
      }
    }
  } finally {
    await handle.close();
  }
}

async function readStart(handle: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

interface Place {
  readonly file: string;
  readonly label: string;
}

function bad({ file, label }: Place, fault: string): ModelError {
  return new ModelError('bad-file', `${label} ${fault}`, { file });
}

type Header = Pick<Part, 'version' | 'metadata' | 'tensors'>;

function parseHeader(cursor: Cursor): Header {
  const version = readVersion(cursor);
  const tensorCount = cursor.count('tensors', LEAST_TENSOR_BYTES);
  const pairCount = cursor.count('key-value pairs', LEAST_PAIR_BYTES);

  const values = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.string('the name of a key');
    if (values.has(key)) throw cursor.bad(`is broken: its header names ${shown(key)} twice.`);
    values.set(key, readValue(cursor, cursor.u32(), key));
  }
  const metadata = new GgufMetadata(values, cursor.place.file, cursor.place.label);
  const alignment = metadata.integer('general.alignment', 32, 1);
  if (alignment % 8 !== 0) throw cursor.bad(`is broken: its alignment is ${alignment}, not a multiple of 8.`);

  const infos: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) infos.push(readTensorInfo(cursor, alignment));
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  return { version, metadata, tensors: placed(infos, dataStart, cursor) };
}

function readVersion(cursor: Cursor): number {
  if (cursor.size < 24) throw cursor.bad(`is no GGUF file: it has only ${cursor.size} bytes. Download it again.`);
  const magic = cursor.bytes.toString('latin1', 0, 4);
  if (/^(lmgg|tjgg|algg|fmgg)$/.test(magic)) {
    throw cursor.unsupported('is in a format of ggml from before GGUF (August 2023). Get the same model as GGUF.');
  }
  if (magic !== 'GGUF') throw cursor.bad('is no GGUF file: it does not begin with GGUF.');
  cursor.at = 4;
  const version = cursor.u32();
  if (version === 1) throw cursor.unsupported('is GGUF version 1, of August 2023; versions 2 and 3 are read.');
  if (version !== 0 && (version & 0xffff) === 0) {
    throw cursor.unsupported(
      'is a big-endian GGUF file, for another kind of processor. Get the usual little-endian one.',
    );
  }
  if (version !== 2 && version !== 3)
    throw cursor.unsupported(`is GGUF version ${version}; versions 2 and 3 are read.`);
  return version;
}

/** Key length, type, one byte of value. */
const LEAST_PAIR_BYTES = 8 + 4 + 1;
/** Name length, number of axes, type, offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;
/** llama.cpp writes none; the format allows them, and each costs twelve bytes: a file could nest millions. */
const MAX_NESTED_ARRAYS = 4;

const valueReaders: readonly { readonly bytes: number; read(cursor: Cursor, key: string): GgufValue }[] = [
  { bytes: 1, read: (cursor) => cursor.bytes.readUInt8(cursor.take(1)) },
  { bytes: 1, read: (cursor) => cursor.bytes.readInt8(cursor.take(1)) },
  { bytes: 2, read: (cursor) => cursor.bytes.readUInt16LE(cursor.take(2)) },
  { bytes: 2, read: (cursor) => cursor.bytes.readInt16LE(cursor.take(2)) },
  { bytes: 4, read: (cursor) => cursor.u32() },
  { bytes: 4, read: (cursor) => cursor.bytes.readInt32LE(cursor.take(4)) },
  { bytes: 4, read: (cursor) => cursor.bytes.readFloatLE(cursor.take(4)) },
  { bytes: 1, read: (cursor) => cursor.bytes.readUInt8(cursor.take(1)) !== 0 },
  { bytes: 8, read: (cursor, key) => cursor.string(`the text of ${shown(key)}`) },
  { bytes: 12, read: (cursor, key) => readArray(cursor, key, 1) },
  { bytes: 8, read: (cursor) => narrowed(cursor.bytes.readBigUInt64LE(cursor.take(8))) },
  { bytes: 8, read: (cursor) => narrowed(cursor.bytes.readBigInt64LE(cursor.take(8))) },
  { bytes: 8, read: (cursor) => cursor.bytes.readDoubleLE(cursor.take(8)) },
];
const ARRAY = 9;

function readValue(cursor: Cursor, type: number, key: string): GgufValue {
  const reader = valueReaders[type];
  if (!reader) throw cursor.bad(`is broken: ${shown(key)} is of the unknown type ${type}.`);
  return reader.read(cursor, key);
}

function readArray(cursor: Cursor, key: string, depth: number): readonly GgufValue[] {
  const type = cursor.u32();
  const reader = valueReaders[type];
  if (!reader) throw cursor.bad(`is broken: ${shown(key)} is a list of the unknown type ${type}.`);
  if (depth > MAX_NESTED_ARRAYS) throw cursor.bad(`is broken: ${shown(key)} is a list of lists without end.`);
  const count = cursor.count(`values of ${shown(key)}`, reader.bytes);
  const values: GgufValue[] = [];
  for (let i = 0; i < count; i++) {
    values.push(type === ARRAY ? readArray(cursor, key, depth + 1) : reader.read(cursor, key));
  }
  return values;
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

interface TensorInfo extends Omit<GgufTensor, 'file' | 'offset'> {
  /** From the beginning of the tensors' bytes. */
  readonly start: number;
}

function readTensorInfo(cursor: Cursor, alignment: number): TensorInfo {
  const name = cursor.string('the name of a tensor');
  const axes = cursor.u32();
  if (axes > 4) throw cursor.bad(`is broken: ${shown(name)} has ${axes} axes, at most 4 are possible.`);
  const sizes = Array.from({ length: axes }, () => cursor.u64());
  const elements = sizes.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elements)) {
    throw cursor.bad(`is broken: ${shown(name)} has the impossible shape [${sizes.toReversed().join(', ')}].`);
  }
  const number = cursor.u32();
  const type = ggmlTypes.get(number);
  if (!type) {
    const sentence = `has ${shown(name)} in the number format ${number}, which is not known here. Get another quantisation of it.`;
    throw cursor.unsupported(sentence);
  }
  if ((sizes[0] ?? 1) % type.blockSize !== 0) {
    const rule = `${type.name} comes in blocks of ${type.blockSize}`;
    throw cursor.bad(`is broken: ${shown(name)} has rows of ${sizes[0]}, and ${rule}.`);
  }
  const start = cursor.u64();
  if (start % alignment !== 0) {
    throw cursor.bad(`is broken: ${shown(name)} begins at ${start}, not at a multiple of ${alignment}.`);
  }
  const byteLength = (elements / type.blockSize) * type.blockBytes;
  return { name, type, shape: sizes.toReversed(), start, byteLength };
}

/** Tensors lie inside the file and none overlaps another. */
function placed(infos: readonly TensorInfo[], dataStart: number, cursor: Cursor): Map<string, GgufTensor> {
  const inOrder = infos.toSorted((a, b) => a.start - b.start || a.byteLength - b.byteLength);
  let end = 0;
  let before = '';
  for (const { name, start, byteLength } of inOrder) {
    if (start < end) throw cursor.bad(`is broken: ${shown(name)} overlaps ${shown(before)}.`);
    end = start + byteLength;
    before = name;
  }
  if (dataStart + end > cursor.size && infos.length > 0) {
    const [needed, has] = [megabytes(dataStart + end), megabytes(cursor.size)];
    throw cursor.bad(`is cut short: its header names ${needed}, the file has ${has}. Download it again.`);
  }
  const tensors = new Map<string, GgufTensor>();
  for (const { start, ...info } of infos) {
    if (tensors.has(info.name)) throw cursor.bad(`is broken: its header names ${shown(info.name)} twice.`);
    tensors.set(info.name, { ...info, file: cursor.place.file, offset: dataStart + start });
  }
  return tensors;
}

/** Names come from the file: cut to a length that fits into a sentence. */
function shown(name: string): string {
  return name.length > 80 ? `${name.slice(0, 77)}...` : name;
}

/** The header goes on after the bytes that were read. */
class MoreNeeded extends Error {}

/** Reads one thing after the other from the beginning of a file of `size` bytes. */
class Cursor {
  at = 0;

  constructor(
    readonly bytes: Buffer,
    /** Of the whole file. */
    readonly size: number,
    readonly place: Place,
  ) {}

  /** Moves on by `length` bytes and returns where they begin. */
  take(length: number): number {
    const begin = this.at;
    if (begin + length > this.bytes.length) throw new MoreNeeded();
    this.at += length;
    return begin;
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  /** Beyond 2^53 it is no longer exact, and too large for any use in a header. */
  u64(): number {
    return Number(this.bytes.readBigUInt64LE(this.take(8)));
  }

  /** A number of things that take at least `leastBytes` each, so many of which the file must still have. */
  count(things: string, leastBytes: number): number {
    const count = this.u64();
    const left = this.size - this.at;
    if (count * leastBytes > left) {
      throw this.bad(`is broken or cut short: it names ${count} ${things}, and has ${megabytes(left)} left for them.`);
    }
    return count;
  }

  string(what: string): string {
    const length = this.u64();
    const left = this.size - this.at;
    if (length > left) {
      throw this.bad(`is broken or cut short: ${what} would have ${length} bytes, and ${megabytes(left)} are left.`);
    }
    const begin = this.take(length);
    return this.bytes.toString('utf8', begin, begin + length);
  }

  bad(fault: string): ModelError {
    return bad(this.place, fault);
  }

  unsupported(fault: string): ModelError {
    return new ModelError('unsupported', `${this.place.label} ${fault}`, { file: this.place.file });
  }
}
