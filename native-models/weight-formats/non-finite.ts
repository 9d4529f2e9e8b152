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
    const found: string[] = [];
    const piece = new ArrayBuffer(PIECE_BYTES);
    const inOrder = [...file.tensors.values()].toSorted((a, b) => a.offset - b.offset);
    for (const tensor of inOrder) {
      const scan = scans[tensor.dtype];
      if (!scan) continue;
      let bad = false;
      for (let done = 0; done < tensor.byteLength && !bad; done += PIECE_BYTES) {
        const bytes = Math.min(PIECE_BYTES, tensor.byteLength - done);
        const { bytesRead } = await handle.read(new Uint8Array(piece, 0, bytes), 0, bytes, tensor.offset + done);
        if (bytesRead !== bytes) throw new ModelError('file-changed', `${file.label} changed while it was in use.`);
        bad = scan(piece, bytes);
      }
      if (!bad) continue;
      found.push(tensor.name);
      if (first) break;
    }
    return found;
  } finally {
    await handle.close();
  }
}

const known = new Map<string, Promise<string[]>>();

/** Refuse a file with non-finite weights, in one sentence. A file that did not change is scanned once. */
export async function requireFinite(file: SafetensorsFile): Promise<void> {
  const key = identityKey(file.identity);
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
const scans: Readonly<Record<SafetensorsTensor['dtype'], (piece: ArrayBuffer, bytes: number) => boolean>> = {
  F16: (piece, bytes) => anyCarry(piece, bytes, 0x7c00, 0x0400),
  BF16: (piece, bytes) => anyCarry(piece, bytes, 0x7f80, 0x0080),
  F32: (piece, bytes) => {
    const words = new Int32Array(piece, 0, bytes >> 2);
    let carries = 0;
    for (let i = 0; i < words.length; i++) carries |= ((words[i] as number) & 0x7f800000) + 0x00800000;
    return carries < 0;
  },
  F64: (piece, bytes) => new Float64Array(piece, 0, bytes >> 3).some((value) => !Number.isFinite(value)),
};

function anyCarry(piece: ArrayBuffer, bytes: number, exponent: number, lowest: number): boolean {
  const words = new Int32Array(piece, 0, bytes >> 2);
  const mask = (exponent << 16) | exponent;
  const one = (lowest << 16) | lowest;
  let carries = 0;
  for (let i = 0; i < words.length; i++) carries |= ((words[i] as number) & mask) + one;
  if (bytes % 4 === 2) carries |= ((new Uint16Array(piece, bytes - 2, 1)[0] as number) & exponent) + lowest;
  return (carries & 0x80008000) !== 0;
}
