/**
 * A tensor of a GGUF file as float32, with the bits that ggml's own reference gives.
 * Where a value has a scale and a minimum, both terms are exact and their sum is rounded once.
 */
import { ModelError } from '../../errors.js';
import { brainsToFloats, halvesToFloats } from '../number-formats.js';
import { blockFormats, newRow, unpackRow } from './block-formats.js';

const plain: Readonly<Record<string, (bytes: ArrayBuffer) => Float32Array>> = {
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => halvesToFloats(new Uint16Array(bytes)),
  BF16: (bytes) => brainsToFloats(new Uint16Array(bytes)),
};

/** Formats that can be read, for messages. */
export const readableTypes: readonly string[] = [...Object.keys(plain), ...blockFormats.keys()];

/** Refuse a tensor in a format that cannot be read, by its name. */
export function requireReadable({ label, name, type }: { label: string; name: string; type: string }): void {
  if (readableTypes.includes(type)) return;
  const sentence = `${label}: ${name} is stored as ${type}, which does not run here yet; ${readableTypes.join(', ')} do. Get another quantisation of this model, Q4_K_M for one.`;
  throw new ModelError('unsupported', sentence);
}

/** `bytes` of whole blocks in the format `type`, which must be one of `readableTypes`. */
export function dequantize(type: string, bytes: Uint8Array): Float32Array {
  const decode = plain[type];
  if (decode) return decode(Uint8Array.from(bytes).buffer); // a copy: typed arrays begin at multiples of their size

  const format = blockFormats.get(type);
  if (!format) throw new TypeError(`${type} cannot be dequantised`);
  const { blockSize, blockBytes, group, hasMinimums, centre } = format;
  const blocks = bytes.length / blockBytes;
  const values = new Float32Array(blocks * blockSize);
  const row = newRow(format, blockSize);
  for (let block = 0; block < blocks; block++) {
    unpackRow(format, bytes, block * blockBytes, row);
    const { levels, scales, minimums } = row;
    for (let i = 0; i < blockSize; i++) {
      const place = Math.floor(i / group);
      const level = levels[i] as number;
      const scale = scales[place] as number;
      values[block * blockSize + i] = hasMinimums
        ? scale * level + (minimums[place] as number)
        : scale * (level - centre);
    }
  }
  return values;
}
