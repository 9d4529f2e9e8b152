/** BMP files of kinds that Pillow does not write; those that it does are in tests/parity/decoding.test.ts. */
import { expect, test } from 'vitest';
import { decodeBmp } from '../../../../main/worker/decode-bmp.js';

interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** Masks, or colours: blue, green, red, nothing. */
  readonly table?: readonly number[];
  readonly pixels: readonly number[];
}

function bmp({ width, height, bits, compression = 0, table = [], pixels }: Bitmap): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + table.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  return Buffer.concat([header, Buffer.from(table), Buffer.from(pixels)]);
}

const two = { width: 1, height: 2, bits: 24, pixels: [1, 2, 3, 0, 4, 5, 6, 0] };

test('rows come from below', () => {
  expect(decodeBmp(bmp(two))).toEqual({ width: 1, height: 2, rgb: Uint8Array.of(6, 5, 4, 3, 2, 1) });
});

test('a negative height has its rows from above', () => {
  expect(decodeBmp(bmp({ ...two, height: -2 }))).toEqual({ width: 1, height: 2, rgb: Uint8Array.of(3, 2, 1, 6, 5, 4) });
});

test('four bits a pixel are two places in the palette, the left one first', () => {
  const table = [0, 0, 0, 0, 10, 20, 30, 0];
  expect(decodeBmp(bmp({ width: 3, height: 1, bits: 4, table, pixels: [0x10, 0x10, 0, 0] }))).toEqual({
    ...{ width: 3, height: 1 },
    rgb: Uint8Array.of(30, 20, 10, 0, 0, 0, 30, 20, 10),
  });
});

test('a place beyond the palette is black', () => {
  expect(decodeBmp(bmp({ width: 1, height: 1, bits: 8, table: [9, 9, 9, 0], pixels: [200, 0, 0, 0] }))).toMatchObject({
    rgb: Uint8Array.of(0, 0, 0),
  });
});

test('32 bits with the usual masks are blue, green, red and nothing', () => {
  const table = [0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0];
  const pixels = [1, 2, 3, 99];
  expect(decodeBmp(bmp({ width: 1, height: 1, bits: 32, compression: 3, table, pixels }))).toMatchObject({
    rgb: Uint8Array.of(3, 2, 1),
  });
});

test.each([
  [{ ...two, pixels: [1, 2, 3] }, 'is damaged: it ends too early'],
  [{ ...two, bits: 16 }, 'is a BMP of 16 bits a pixel: save it as PNG'],
  [{ ...two, bits: 8, compression: 1 }, 'is a BMP of 8 bits a pixel, compressed: save it as PNG'],
  [{ ...two, width: 0 }, 'has no pixels'],
  [{ ...two, width: 200_000, height: 1000 }, 'is 200,000 × 1,000 pixels, 200 megapixels: up to 100 are read'],
])('%o is refused', (bitmap, problem) => {
  expect(decodeBmp(bmp(bitmap))).toEqual({ problem });
});

test('no beginning of a file is more than damaged', () => {
  const whole = bmp(two);
  for (let length = 0; length < whole.length; length++) {
    expect(decodeBmp(whole.subarray(0, length))).toHaveProperty('problem');
  }
});
