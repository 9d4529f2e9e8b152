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
    if ('problem' in decoded) expect(decoded.problem).toMatch(/^(is|has) /);
    else expect(decoded.picture.rgb).toHaveLength(3 * decoded.picture.width * decoded.picture.height);
  });
  await fc.assert(run, { numRuns: 40 });
  expect(await decodeLikePillow(file, extname(name))).toHaveProperty('picture');
});
