/** Writes a `.safetensors` file: beside, to the disk, then renamed, so that a half-written one never has the name. */
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { Tensor } from '../runtime/tensor.js';
import { sizeOf } from '../runtime/tensor.js';
import { elementBits } from './number-formats.js';

/**
 * A tensor of the studio, or the bytes of one in any stored number format (a key of `elementBits`). Bytes given by a
 * function are asked for when their turn comes: a file larger than memory is written one tensor after the other.
 */
export type WritableTensor = Tensor | StoredBytes;

interface StoredBytes {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array | (() => Promise<Uint8Array>);
}

const storedDtypes = { float32: 'F32', int64: 'I64' } as const;

export async function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const label = path.basename(file);
  // Wide elements first, then by name: every tensor begins at a multiple of its element's size.
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, ...stored(tensor) }))
    .toSorted((a, b) => b.bits - a.bits || (a.name < b.name ? -1 : 1));

  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const { name, dtype, shape, bits, bytes } of entries) {
    const byteLength = (sizeOf(shape) * bits) / 8;
    if (name === '__metadata__' || (typeof bytes !== 'function' && byteLength !== bytes.byteLength)) {
      throw unwritable(name, dtype, shape);
    }
    header.push([name, { dtype, shape, data_offsets: [end, end + byteLength] }]);
    end += byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  const beside = `${file}.${process.pid}.part`;
  try {
    const handle = await open(beside, 'w');
    try {
      await handle.writeFile(length);
      await handle.writeFile(padded);
      for (const { name, dtype, shape, bits, bytes } of entries) {
        const given = typeof bytes === 'function' ? await bytes() : bytes;
        if (given.byteLength !== (sizeOf(shape) * bits) / 8) throw unwritable(name, dtype, shape);
        await handle.writeFile(given);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('bad-input', `${label} could not be written: ${(cause as Error).message}`, { file, cause });
  }

  function unwritable(name: string, dtype: string, shape: readonly number[]): ModelError {
    const sentence = `${label}: ${name} [${shape.join(', ')}] ${dtype} cannot be written.`;
    return new ModelError('bad-input', sentence, { file });
  }
}

function stored(tensor: WritableTensor): StoredBytes & { readonly bits: number } {
  const { shape } = tensor;
  if ('bytes' in tensor) return { ...tensor, bits: elementBits[tensor.dtype] ?? 8 };
  const dtype = storedDtypes[tensor.dtype];
  const { buffer, byteOffset, byteLength } = tensor.data;
  return { dtype, shape, bits: elementBits[dtype] ?? 8, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}
