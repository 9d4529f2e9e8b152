/**
 * A FID Inception with random weights, as a file of any of the forms that people have. It is made in a second, has 95 MB,
 * and is not kept: whoever makes it takes it away. `tests/parity/make_inception.py` tells the formula of its weights.
 */
import { writeSafetensors } from '../native-models/weight-formats/write-safetensors.js';
import { crc32 } from 'node:zlib';

import { readGolden } from './parity/golden.js';
import { uniform } from './parity/seeded-weights.js';
import type { TorchTensors } from './torch-files.js';
import { writeTorchLegacy, writeTorchZip } from './torch-files.js';

export type InceptionForm = 'safetensors' | 'torch-zip' | 'torch-legacy';

/** Writes the file; the same weights in every form and every time. Their golden is `inception/random`. */
export async function writeInceptionFile(file: string, form: InceptionForm): Promise<void> {
  const tensors = randomInception();
  if (form === 'safetensors') return writeSafetensors(file, tensors);
  return form === 'torch-zip' ? writeTorchZip(file, tensors) : writeTorchLegacy(file, tensors);
}

interface Description {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Mean and variance of what a convolution gives, by its path. */
  readonly statistics: Readonly<Record<string, readonly [number, number]>>;
}

let made: TorchTensors | undefined;

/** Its 472 tensors under the names of the FID weights. */
export function randomInception(): TorchTensors {
  if (made) return made;
  const { tensors, statistics } = readGolden<Description>('inception', 'random').description;
  made = Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => {
      const values = seeded(name, shape, statistics[name.replace(/\.bn\.\w+$/, '')]);
      return [name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }];
    }),
  );
  return made;
}

function seeded(name: string, shape: readonly number[], statistics?: readonly [number, number]): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (shape.length === 4) return filters(name, values, values.length / shape[0]!);
  const [offset, gain] = offsetAndGain(name, shape, statistics);
  const seed = crc32(name);
  for (let i = 0; i < values.length; i++) values[i] = offset + gain * uniform(name, i, seed);
  return values;
}

/** Each filter less its mean, and in the size that keeps a signal's. */
function filters(name: string, values: Float32Array, size: number): Float32Array {
  const seed = crc32(name);
  const gain = Math.sqrt(3 / size);
  for (let begin = 0; begin < values.length; begin += size) {
    let sum = 0;
    for (let i = begin; i < begin + size; i++) sum += uniform(name, i, seed);
    const mean = sum / size;
    for (let i = begin; i < begin + size; i++) values[i] = (uniform(name, i, seed) - mean) * gain;
  }
  return values;
}

function offsetAndGain(
  name: string,
  shape: readonly number[],
  [mean, variance]: readonly [number, number] = [0, 1],
): [offset: number, gain: number] {
  if (name.endsWith('.running_mean')) return [mean, 0.1 * Math.sqrt(variance)];
  if (name.endsWith('.running_var')) return [variance, 0.2 * variance];
  if (name === 'fc.weight') return [0, Math.sqrt(3 / shape[1]!)];
  return name.endsWith('.weight') ? [1, 0.2] : [0, 0.1];
}

/** [3, 299, 299], -1 to 1: one of the pictures that the golden was computed on (0, 1, 2), or another one like them. */
export function randomPicture(index: number): Float32Array {
  const side = 299;
  const square = 23;
  const [coarse, fine] = [`picture.${index}.coarse`, `picture.${index}.fine`];
  const [coarseSeed, fineSeed] = [crc32(coarse), crc32(fine)];
  return Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const [c, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    const place = (c * 13 + Math.floor(y / square)) * 13 + Math.floor(x / square);
    return 0.7 * uniform(coarse, place, coarseSeed) + 0.3 * uniform(fine, i, fineSeed);
  });
}
