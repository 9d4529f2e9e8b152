/** Files from strangers: whatever is in them, the answer is pixels or a problem, and the next picture still decodes. */
import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { decodeLikePillow } from '../../../../main/worker/decode-like-pillow.js';

// sharp is loaded with the first picture, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const read = (name: string): Buffer => readFileSync(resolve(import.meta.dirname, '../../../pictures', name));

test.each([
  'generated/01-rgb.png',
  'generated/10-progressive.jpg',
  'reference/02-cmyk.jpg',
  'reference/05-palette-transparent.png',
  'formats/lossy.webp',
  'formats/lzw.tiff',
  'formats/palette.bmp',
  'formats/rgb.ppm',
  'odd/GIF.png',
  'odd/animated.webp',
])('%s with bytes changed and cut off', async (name) => {
  const file = read(name);
  const edit = fc.record({ at: fc.oneof(fc.nat(200), fc.nat(file.length)), byte: fc.nat(255) });
  const damage = fc.record({ edits: fc.array(edit, { maxLength: 6 }), length: fc.nat(2 * file.length) });
  const run = fc.asyncProperty(damage, async ({ edits, length }) => {
    const damaged = Buffer.from(file);
    for (const { at, byte } of edits) damaged[Math.min(at, file.length - 1)] = byte;
    const decoded = await decodeLikePillow(damaged.subarray(0, length), extname(name));
    if ('problem' in decoded) expect(decoded.problem).toMatch(/^(is|has|holds) /);
    else expect(decoded.picture.rgb).toHaveLength(3 * decoded.picture.width * decoded.picture.height);
  });
  await fc.assert(run, { numRuns: 40 });
  expect(await decodeLikePillow(file, extname(name))).toHaveProperty('picture');
});

interface Tiff {
  readonly photometric: number;
  readonly channels: number;
  readonly bits: number;
  /** 1 unsigned, 3 floating point. */
  readonly sampleFormat: number;
  readonly pixels: Uint8Array;
}

/** Uncompressed, little-endian, one strip, 2 x 1 pixels. */
function tiff({ photometric, channels, bits, sampleFormat, pixels }: Tiff): Buffer {
  const [data, each, end] = [8, 8 + pixels.length, 8 + pixels.length + 4 * channels];
  const shorts = (value: number) => Buffer.concat(Array.from({ length: channels }, () => Buffer.of(value, 0)));
  const field = (tag: number, type: number, count: number, value: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(count, 4);
    bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  /** A single value stands in the field itself. */
  const everyChannel = (tag: number, value: number, at: number) => field(tag, 3, channels, channels > 1 ? at : value);
  const fields = [
    field(256, 3, 1, 2),
    field(257, 3, 1, 1),
    everyChannel(258, bits, each),
    field(259, 3, 1, 1),
    field(262, 3, 1, photometric),
    field(273, 4, 1, data),
    field(277, 3, 1, channels),
    field(278, 3, 1, 1),
    field(279, 4, 1, pixels.length),
    everyChannel(339, sampleFormat, each + 2 * channels),
  ];
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(end, 4);
  return Buffer.concat([
    header,
    pixels,
    shorts(bits),
    shorts(sampleFormat),
    Buffer.of(10, 0),
    ...fields,
    Buffer.alloc(4),
  ]);
}

const float32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

test('gray numbers are cut off at 0 and 255, and told', async () => {
  const file = tiff({ photometric: 1, channels: 1, bits: 32, sampleFormat: 3, pixels: float32(-3, 300.5) });
  expect(await decodeLikePillow(file, '.tif')).toMatchObject({
    picture: { rgb: Uint8Array.of(0, 0, 0, 255, 255, 255) },
    notes: ['numbers instead of levels, cut off at 0 and 255'],
  });
});

test.each([
  [
    'colours in numbers, which would be black',
    { photometric: 2, channels: 3, bits: 32, sampleFormat: 3, pixels: float32(0, 0.5, 1, 1, 0.5, 0) },
    'holds numbers instead of levels: save it as PNG',
  ],
  [
    'CMYK of 16 bits',
    { photometric: 5, channels: 4, bits: 16, sampleFormat: 1, pixels: new Uint8Array(16) },
    'is CMYK with more than 8 bits or four inks: save it as PNG',
  ],
])('a TIFF of %s is refused', async (_, description, problem) => {
  expect(await decodeLikePillow(tiff(description), '.tif')).toEqual({ problem });
});
