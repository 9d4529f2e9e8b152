/**
 * Random weights that are never stored: made here and in Python by one formula, which `seeded_weights.py` tells.
 */
import { crc32 } from 'node:zlib';

import { floatsToHalves } from '../../native-models/weight-formats/number-formats.js';
import type { WritableTensor } from '../../native-models/weight-formats/write-safetensors.js';

/** u of the formula, in [-1, 1). */
export function uniform(name: string, index: number, seed = crc32(name)): number {
  let x = (seed + Math.imul(index, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  x = (x ^ (x >>> 16)) >>> 0;
  return ((x >>> 8) / 2 ** 24) * 2 - 1;
}

export function offsetAndGain(name: string, shape: readonly number[]): [offset: number, gain: number] {
  if (shape.length === 1) return name.endsWith('.weight') ? [1, 0.2] : [0, 0.1];
  if (/(token|position)_embedding\.weight$/.test(name)) return [0, 0.5];
  return [0, Math.sqrt(3 / shape.slice(1).reduce((product, size) => product * size, 1))];
}

export function seeded(name: string, shape: readonly number[]): Float32Array {
  const [offset, gain] = offsetAndGain(name, shape);
  const seed = crc32(name);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = offset + uniform(name, i, seed) * gain;
  return values;
}

/** Every tensor of a golden, as its file would hold it. */
export function seededTensors(
  shapes: Readonly<Record<string, readonly number[]>>,
  dtype: 'F32' | 'F16' = 'F32',
): Record<string, WritableTensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const values = seeded(name, shape);
      const data = dtype === 'F16' ? floatsToHalves(values) : values;
      return [name, { dtype, shape, bytes: new Uint8Array(data.buffer) }];
    }),
  );
}
