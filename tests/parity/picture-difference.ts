import { expect } from 'vitest';

/** One picture's share of a batch of `count`, as bytes. */
export function pixels(data: ArrayLike<number | bigint>, picture = 0, count = 1): Uint8Array {
  const size = data.length / count;
  return Uint8Array.from({ length: size }, (_, i) => Number(data[picture * size + i]));
}

/** Peak signal-to-noise ratio in dB; Infinity when all pixels are equal. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  const squares = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (squares / a.length));
}
