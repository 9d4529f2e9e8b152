/** Levels are Pillow 13.0.0's: `Image.open(file).convert("RGB")` of the same bytes. */
import { expect, test } from 'vitest';
import { decodeNetpbm } from '../../../../main/worker/decode-netpbm.js';

const file = (header: string, ...samples: number[]) => Buffer.concat([Buffer.from(header), Buffer.from(samples)]);

test.each([
  ['gray', file('P5 2 1 255\n', 7, 200), [7, 7, 7, 200, 200, 200]],
  ['colours', file('P6\n1 1\n255\n', 1, 2, 3), [1, 2, 3]],
  ['comments between its numbers', file('P6\n# made\n1 #w\n1\n255\n', 1, 2, 3), [1, 2, 3]],
  [
    'a lower highest level, halves to the even one',
    file('P5 3 1 2\n', 0, 1, 2),
    [0, 0, 0, 128, 128, 128, 255, 255, 255],
  ],
  ['a level above its highest', file('P5 1 1 100\n', 200), [255, 255, 255]],
  ['16-bit gray, cut off', file('P5 2 1 65535\n', 0, 200, 1, 0), [200, 200, 200, 255, 255, 255]],
  ['16-bit gray to 1000, stretched and cut off', file('P5 2 1 1000\n', 0, 3, 0, 4), [197, 197, 197, 255, 255, 255]],
  ['16-bit colours, stretched', file('P6 1 1 65535\n', 128, 0, 0, 255, 255, 255), [128, 1, 255]],
])('%s', (_, bytes, rgb) => {
  expect(decodeNetpbm(bytes)).toMatchObject({ rgb: Uint8Array.from(rgb) });
});

test.each([
  [file('P6 2 2 255\n', 1, 2, 3), 'is damaged: it ends too early'],
  [file('P3 1 1 255\n1 2 3\n'), 'is a PBM, or a PGM or PPM with a header that is not read: save it as PNG'],
  [file(`P5\n${'# '.repeat(2000)}`), 'is a PBM, or a PGM or PPM with a header that is not read: save it as PNG'],
  [file('P5 20000 20000 255\n'), 'is 20,000 × 20,000 pixels, 400 megapixels: up to 100 are read'],
  [file('P5 1 1 70000\n', 1), 'is damaged: its levels go to 70000'],
])('%s is refused', (bytes, problem) => {
  expect(decodeNetpbm(bytes)).toEqual({ problem });
});
