/** The alphas of a file: some hundred tensors of one number each, between matrices of megabytes. */
import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';

import { ModelError } from '../errors.js';
import { brainsToFloats, halfToNumber } from '../weight-formats/number-formats.js';
import type { SafetensorsFile, SafetensorsTensor } from '../weight-formats/safetensors.js';

const decoders: Readonly<Record<string, (bytes: Buffer) => number>> = {
  F32: (bytes) => bytes.readFloatLE(),
  F16: (bytes) => halfToNumber(bytes.readUInt16LE()),
  BF16: (bytes) => brainsToFloats(Uint16Array.of(bytes.readUInt16LE()))[0] as number,
  F64: (bytes) => bytes.readDoubleLE(),
  I32: (bytes) => bytes.readInt32LE(),
  I64: (bytes) => Number(bytes.readBigInt64LE()),
};

/** [] or [1], floats or whole numbers. */
export const isScalar = ({ shape, dtype }: SafetensorsTensor): boolean =>
  shape.every((size) => size === 1) && decoders[dtype] !== undefined;

/** The number of each tensor that `isScalar`, by its name. */
export async function readScalars(
  file: SafetensorsFile,
  tensors: readonly SafetensorsTensor[],
): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  if (tensors.length === 0) return values;
  const handle = await open(file.file, 'r');
  try {
    const bytes = Buffer.alloc(8);
    for (const { name, dtype, offset, byteLength } of tensors) {
      // At once: handing so short a read to another thread takes ten times as long as the read.
      if (readSync(handle.fd, bytes, 0, byteLength, offset) !== byteLength) {
        throw new ModelError('file-changed', `${file.label} changed while it was in use.`, { file: file.file });
      }
      values.set(name, decoders[dtype]?.(bytes) ?? NaN);
    }
    return values;
  } finally {
    await handle.close();
  }
}
