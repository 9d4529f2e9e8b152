/**
 * The `.safetensors` format: 8 bytes length of the header, the header (JSON: name -> dtype, shape, data_offsets),
 * then the tensors' bytes without gaps.
 *
 * Reference: safetensors 0.8.0 (its format page and the checks of its Rust reader). Files come from strangers, so
 * everything the header claims is checked against the file before anything uses it. Only the header is read here;
 * the tensors stay in the file.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { NotSafetensorsError } from './not-safetensors-error.js';
import { elementBits, megabytes } from './number-formats.js';

/** The limit of the reference reader. Real headers reach a few MB. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

export interface SafetensorsTensor {
  readonly name: string;
  /** A key of `elementBits`: F32, F16, BF16, I64 ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsFile {
  /** Absolute path. */
  readonly file: string;
  /** What messages call it. */
  readonly label: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly identity: FileIdentity;
  /** Of a part of a larger file, which one: `unet`. */
  readonly part?: string;
}

/** Read and check the header. `label` is what messages call the file, its own name unless told. */
export async function readSafetensors(file: string, label = path.basename(file)): Promise<SafetensorsFile> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  try {
    const { size, mtimeMs, ino } = await handle.stat();
    const check = new Checker(file, label);
    const header = await readHeader(handle, size, check);
    const { tensors, metadata } = parseHeader(header.text, header.end, size, check);
    return { file, label, tensors, metadata, identity: { file, label, bytes: size, mtimeMs, inode: ino } };
  } finally {
    await handle.close();
  }
}

class Checker {
  constructor(
    readonly file: string,
    readonly label: string,
  ) {}

  bad(fault: string): ModelError {
    return new ModelError('bad-file', `${this.label} ${fault}`, { file: this.file });
  }

  foreign(why: string): NotSafetensorsError {
    return new NotSafetensorsError(`${this.label} is no safetensors file: ${why}`, this.file);
  }
}

async function readHeader(handle: FileHandle, size: number, check: Checker): Promise<{ text: string; end: number }> {
  if (size < LENGTH_BYTES) throw check.foreign(`it has only ${size} bytes. Download it again.`);
  const prefix = Buffer.alloc(LENGTH_BYTES);
  await handle.read(prefix, 0, LENGTH_BYTES, 0);
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES) {
    if (LENGTH_BYTES + length > size) throw check.foreign('it begins with other bytes.');
    // Names and shapes of a large model take a few MB: so much is what someone put into the metadata.
    throw check.bad(
      `has ${megabytes(length)} of metadata before its tensors; up to ${megabytes(MAX_HEADER_BYTES)} are read. Save it again without them.`,
    );
  }
  const end = LENGTH_BYTES + length;
  if (end > size) {
    throw check.bad(
      `is cut short: its header alone has ${megabytes(length)}, the file has ${megabytes(size)}. Download it again.`,
    );
  }
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, 0, length, LENGTH_BYTES);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), end };
  } catch {
    throw check.foreign('its header is not text.');
  }
}

function parseHeader(
  text: string,
  dataStart: number,
  size: number,
  check: Checker,
): Pick<SafetensorsFile, 'tensors' | 'metadata'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw check.foreign('its header is not JSON.');
  }
  if (!isObject(json)) throw check.foreign('its header is not a list of tensors.');
  const duplicate = duplicateKey(text);
  if (duplicate !== null) throw check.bad(`is broken: its header names ${duplicate} twice.`);

  const { __metadata__: rawMetadata = {}, ...entries } = json;
  if (!isObject(rawMetadata) || !Object.values(rawMetadata).every((value) => typeof value === 'string')) {
    throw check.bad('is broken: its metadata is not made of texts.');
  }
  const tensors = Object.entries(entries).map(([name, entry]) => parseTensor(name, entry, dataStart, check));
  checkLayout(tensors, dataStart, size, check);
  return {
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: rawMetadata as Record<string, string>,
  };
}

function parseTensor(name: string, entry: unknown, dataStart: number, check: Checker): SafetensorsTensor {
  if (!isObject(entry)) throw check.bad(`is broken: ${name} is not described as a tensor.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const bits = typeof dtype === 'string' && Object.hasOwn(elementBits, dtype) ? elementBits[dtype] : undefined;
  if (typeof dtype !== 'string' || bits === undefined) {
    throw check.bad(`is broken: ${name} has the unknown number format ${JSON.stringify(dtype)}.`);
  }
  if (!isSizes(shape)) throw check.bad(`is broken: ${name} has the shape ${JSON.stringify(shape)}.`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw check.bad(`is broken: ${name} has the place ${JSON.stringify(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const needed = Math.ceil((elements * bits) / 8);
  if (!Number.isSafeInteger(needed) || end - begin !== needed) {
    throw check.bad(
      `is broken: ${name} [${shape.join(', ')}] ${dtype} needs ${needed} bytes, its header gives it ${end - begin}.`,
    );
  }
  return { name, dtype, shape, offset: dataStart + begin, byteLength: needed };
}

/** Tensors fill the rest of the file exactly: no overlap, no gap, nothing after the last. */
function checkLayout(tensors: readonly SafetensorsTensor[], dataStart: number, size: number, check: Checker): void {
  const inOrder = tensors.toSorted((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  let before: SafetensorsTensor | null = null;
  for (const tensor of inOrder) {
    if (tensor.offset < end) throw check.bad(`is broken: ${tensor.name} overlaps ${before?.name ?? 'the header'}.`);
    if (tensor.offset > end) {
      throw check.bad(`is broken: ${tensor.offset - end} bytes before ${tensor.name} belong to no tensor.`);
    }
    end = tensor.offset + tensor.byteLength;
    before = tensor;
  }
  if (end > size) {
    throw check.bad(
      `is cut short: its header names ${megabytes(end)}, the file has ${megabytes(size)}. Download it again.`,
    );
  }
  if (end < size) throw check.bad(`is broken: ${megabytes(size - end)} after its last tensor belong to no tensor.`);
}

/** JSON.parse keeps the last of two equal keys; two tensors of one name are a lie about one of them. */
function duplicateKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      if (depth !== 1 || !/^\s*:/.test(json.slice(i + 1, i + 20))) continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}
