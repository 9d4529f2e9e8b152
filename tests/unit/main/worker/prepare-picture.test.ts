/** What is told of pictures; their pixels are compared in tests/parity/{decoding,resizers}.test.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Preparation } from '../../../../app/contracts/features.js';
import { preparePicture } from '../../../../main/worker/prepare-picture.js';

// sharp is loaded with the first picture, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

const pictures = resolve(import.meta.dirname, '../../../pictures');
const inception = { kind: 'inception', mode: 'pytorch-fid' } as const;
const clip = {
  kind: 'clip',
  resize: { shortestEdge: 8 },
  crop: { width: 8, height: 8 },
  rescale: 1,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
} satisfies Preparation;
const prepare = (name: string, preparation: Preparation = clip) =>
  preparePicture({ path: join(pictures, name), preparation });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-prepare-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('an ordinary picture is told by format and size, with nothing to note', async () => {
  const { pixels, ...rest } = await prepare('generated/02-wide.png', inception);
  expect(rest).toEqual({ width: 96, height: 72, format: 'png', notes: [] });
  expect(pixels).toHaveLength(3 * 299 * 299);
});

test.each([
  ['pytorch-fid', (level: number) => (2 * level) / 255 - 1],
  ['clean-fid', (level: number) => (level - 128) / 128],
  ['torch-fidelity', (level: number) => (level - 128) / 128],
] as const)('one pixel fills the whole input: %s', async (mode, scaled) => {
  const path = join(folder, 'pixel.ppm');
  writeFileSync(path, Buffer.concat([Buffer.from('P6 1 1 255\n'), Buffer.of(10, 200, 31)]));
  const { pixels } = await preparePicture({ path, preparation: { kind: 'inception', mode } });
  for (const [channel, level] of [10, 200, 31].entries()) {
    const plane = pixels.subarray(channel * 299 ** 2, (channel + 1) * 299 ** 2);
    expect(Math.min(...plane)).toBeCloseTo(scaled(level), 6);
    expect(Math.max(...plane)).toBeCloseTo(scaled(level), 6);
  }
});

describe('notes tell what an owner may not expect', () => {
  test.each([
    ['generated/06-alpha.png', 'png', ['transparency dropped']],
    ['generated/08-rgb16.png', 'png', ['16 bits a channel, 8 used']],
    ['reference/02-cmyk.jpg', 'jpeg', ['CMYK, made RGB without its profile']],
    ['reference/03-turned.jpg', 'jpeg', ['turned by its camera’s note, which is not followed']],
    ['formats/gray16.png', 'png', ['16-bit gray, cut off at level 255']],
    ['formats/profile.jpg', 'jpeg', ['colour profile not followed']],
    ['formats/rgb.bmp', 'bmp', []],
    ['odd/animated.png', 'png', ['first of 3 frames']],
    ['odd/animated.webp', 'webp', ['first of 12 frames']],
    ['odd/pages.tif', 'tiff', ['first of 3 pages']],
    ['odd/misnamed.jpg', 'png', ['PNG named .jpg']],
    ['odd/GIF.png', 'gif', ['GIF named .png']],
    ['odd/1x1.png', 'png', []],
    ['odd/20000x2.png', 'png', []],
  ])('%s', async (name, format, notes) => {
    expect(await prepare(name)).toMatchObject({ format, notes });
  });

  test('alpha that hides nothing is not told', async () => {
    const { default: sharp } = await import('sharp');
    const path = join(folder, 'opaque.png');
    await sharp({ create: { width: 3, height: 2, channels: 4, background: { r: 9, g: 8, b: 7, alpha: 1 } } }).toFile(
      path,
    );
    expect(await preparePicture({ path, preparation: clip })).toMatchObject({ notes: [] });
  });

  test('a JPEG with a stray mark in its data is read as far as it goes, and told', async () => {
    const path = join(folder, 'stray.jpg');
    const jpeg = readFileSync(join(pictures, 'generated/03-420.jpg'));
    const middle = jpeg.length >> 1;
    writeFileSync(path, Buffer.concat([jpeg.subarray(0, middle), Buffer.of(0xff, 0xd3), jpeg.subarray(middle)]));
    expect(await preparePicture({ path, preparation: clip })).toMatchObject({ notes: ['damaged in places'] });
  });
});

describe('what cannot be measured says why', () => {
  test.each([
    ['odd/empty.png', 'is empty'],
    ['odd/truncated.png', 'is cut short'],
    ['odd/truncated.jpg', 'is cut short'],
    ['odd/corrupt.png', 'is damaged'],
    ['odd/text.png', 'is a text file, not a picture'],
    ['odd/page.jpg', 'is a web page, not a picture'],
    ['odd/drawing.png', 'is an SVG drawing, which has no pixels: save it as PNG'],
    ['odd/20000x20000.png', 'is 20,000 × 20,000 pixels, 400 megapixels: up to 100 are read'],
    ['odd/gone.png', 'is not there any more'],
    ['odd', 'is a folder, not a picture'],
  ])('%s', async (name, message) => {
    await expect(prepare(name)).rejects.toMatchObject({ kind: 'bad-file', message, file: join(pictures, name) });
  });

  test('a CLIP that neither crops nor squashes takes only squares', async () => {
    await expect(prepare('odd/20000x2.png', { ...clip, crop: null })).rejects.toMatchObject({
      kind: 'bad-file',
      message: 'is 20,000 × 2 pixels, and the settings of this CLIP make no square of it, as its network takes',
    });
    expect((await prepare('generated/01-rgb.png', { ...clip, crop: null })).pixels).toHaveLength(3 * 8 * 8);
  });
});
