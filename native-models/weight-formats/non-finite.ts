/**
 * Weights that are not numbers: one NaN makes every picture black, and nothing in the runtime says so.
 * The file is read once, in pieces, at the speed of the disk.
 */
import { open } from 'node:fs/promises';

import { ModelError } from '../errors.js';
import { identityKey } from '../runtime/file-identity.js';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.js';

const PIECE_BYTES = 4 << 20;

/** Names of the tensors that hold a NaN or an infinity, in the file's order. `first` stops at the first. */
export async function findNonFinite(file: SafetensorsFile, { first = false } = {}): Promise<string[]> {
  const handle = await open(file.file, 'r');
  try {
    const found = new Set<string>();
    const piece = new ArrayBuffer(PIECE_BYTES);
    for (const { begin, end, parts } of readsOf(file)) {
      const { bytesRead } = await handle.read(new Uint8Array(piece, 0, end - begin), 0, end - begin, begin);
      if (bytesRead !== end - begin) throw new ModelError('file-changed', `${file.label} changed while it was in use.`);
      for (const { tensor, start, bytes } of parts) {
        if (found.has(tensor.name) || !holdsNonFinite(tensor.dtype, piece, start - begin, bytes)) continue;
        found.add(tensor.name);
        if (first) return [...found];
      }
    }
    return [...found];
  } finally {
    await handle.close();
  }
}

interface Read {
  readonly begin: number;
  end: number;
  readonly parts: { readonly tensor: SafetensorsTensor; readonly start: number; readonly bytes: number }[];
}

/** A large tensor in pieces, small ones that lie side by side in one read: an adapter has hundreds of them. */
function* readsOf(file: SafetensorsFile): Iterable<Read> {
  let read: Read | null = null;
  for (const tensor of [...file.tensors.values()].toSorted((a, b) => a.offset - b.offset)) {
    for (let done = 0; done < tensor.byteLength; done += PIECE_BYTES) {
      const start = tensor.offset + done;
      const bytes = Math.min(PIECE_BYTES, tensor.byteLength - done);
      if (read === null || start + bytes - read.begin > PIECE_BYTES) {
        if (read !== null) yield read;
        read = { begin: start, end: start, parts: [] };
      }
      read.end = Math.max(read.end, start + bytes); // tied weights lie over each other
      read.parts.push({ tensor, start, bytes });
    }
  }
  if (read !== null) yield read;
}

/** Whether the numbers at a place in memory, in the format of a file, have a NaN or an infinity among them. */
export function holdsNonFinite(dtype: string, piece: ArrayBufferLike, start: number, bytes: number): boolean {
  const scan = scans[dtype];
  if (!scan) return false;
  // Views of words begin at multiples of their size, tensors anywhere.
  return start % 8 === 0 ? scan(piece, start, bytes) : scan(piece.slice(start, start + bytes), 0, bytes);
}

/** Whether no number of an array already in memory is a NaN or an infinity. */
export function areFinite({ buffer, byteOffset, byteLength }: Float32Array): boolean {
  return !holdsNonFinite('F32', buffer, byteOffset, byteLength);
}

const known = new Map<string, Promise<string[]>>();

/** Refuse a file with non-finite weights, in one sentence. A file that did not change is scanned once. */
export async function requireFinite(file: SafetensorsFile): Promise<void> {
  const key = `${identityKey(file.identity)}|${file.part ?? ''}`;
  if (!known.has(key)) {
    const scan = findNonFinite(file, { first: true });
    known.set(key, scan);
    scan.catch(() => known.delete(key)); // a read that failed says nothing about the next one
  }
  const [name] = (await known.get(key)) ?? [];
  if (name === undefined) return;
  throw new ModelError(
    'bad-file',
    `${file.label} is damaged: ${name} holds values that are not numbers. Download it again or use another file.`,
    { file: file.file },
  );
}

/**
 * A number is not finite when all bits of its exponent are set; adding one at the exponent's lowest bit then carries
 * into the bit above it. Two halves are tested in one word. No branch inside the loop: a few GB/s.
 */
const scans: Readonly<Record<string, (piece: ArrayBufferLike, start: number, bytes: number) => boolean>> = {
  F16: (...place) => anyCarry(0x7c00, 0x0400, ...place),
  BF16: (...place) => anyCarry(0x7f80, 0x0080, ...place),
  F32: (piece, start, bytes) => {
    const words = new Int32Array(piece, start, bytes >> 2);
    let carries = 0;
    for (let i = 0; i < words.length; i++) carries |= ((words[i] as number) & 0x7f800000) + 0x00800000;
    return carries < 0;
  },
  F64: (piece, start, bytes) => new Float64Array(piece, start, bytes >> 3).some((value) => !Number.isFinite(value)),
};

function anyCarry(exponent: number, lowest: number, piece: ArrayBufferLike, start: number, bytes: number): boolean {
  const words = new Int32Array(piece, start, bytes >> 2);
  const mask = (exponent << 16) | exponent;
  const one = (lowest << 16) | lowest;
  let carries = 0;
  for (let i = 0; i < words.length; i++) carries |= ((words[i] as number) & mask) + one;
  if (bytes % 4 === 2) carries |= ((new Uint16Array(piece, start + bytes - 2, 1)[0] as number) & exponent) + lowest;
  return (carries & 0x80008000) !== 0;
}
