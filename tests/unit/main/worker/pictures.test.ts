import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SavePictureRequest } from '../../../../app/contracts/worker.js';
import { hashFile } from '../../../../main/worker/hash-file.js';
import { makeThumbnail } from '../../../../main/worker/make-thumbnail.js';
import { readPicture } from '../../../../main/worker/read-picture.js';
import { savePicture } from '../../../../main/worker/save-picture.js';

// sharp is loaded with the first picture, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-pictures-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string) => join(folder, name);

/** A picture whose every pixel differs from its neighbours. */
function request(width: number, height: number, more: Partial<SavePictureRequest> = {}): SavePictureRequest {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 251);
  return { rgb, width, height, path: inFolder('a.png'), overwrite: false, text: [], thumbnail: null, ...more };
}

describe('saving a picture', () => {
  test('keeps every pixel and its texts', async () => {
    const wish = request(24, 16, { text: [{ keyword: 'parameters', text: 'ein Herz ♥' }] });
    const { bytes } = await savePicture(wish);
    const file = readFileSync(wish.path);
    expect(file.length).toBe(bytes);
    expect(Uint8Array.from(await sharp(file).raw().toBuffer())).toEqual(wish.rgb);
    await expect(readPicture({ path: wish.path })).resolves.toEqual({
      width: 24,
      height: 16,
      format: 'png',
      bytes,
      text: wish.text,
    });
  });

  test('refuses to replace a file unless told, and leaves nothing beside it', async () => {
    writeFileSync(inFolder('a.png'), 'mine');
    await expect(savePicture(request(8, 8))).rejects.toMatchObject({ kind: 'bad-input', file: inFolder('a.png') });
    expect(readFileSync(inFolder('a.png'), 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['a.png']);
    await savePicture(request(8, 8, { overwrite: true }));
    await expect(readPicture({ path: inFolder('a.png') })).resolves.toMatchObject({ width: 8 });
    expect(readdirSync(folder)).toEqual(['a.png']);
  });

  test('of one name twice at a time lets one win', async () => {
    const results = await Promise.allSettled([savePicture(request(8, 8)), savePicture(request(8, 8))]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(folder)).toEqual(['a.png']);
  });

  test('into a folder that is not there says so', async () => {
    const path = join(folder, 'no', 'a.png');
    await expect(savePicture(request(8, 8, { path }))).rejects.toMatchObject({ kind: 'missing-file', file: path });
  });

  test('makes a thumbnail of at most the wished size, and never a larger picture', async () => {
    await savePicture(request(300, 150, { thumbnail: { path: inFolder('t.webp'), side: 100 } }));
    await expect(sharp(inFolder('t.webp')).metadata()).resolves.toMatchObject({
      format: 'webp',
      width: 100,
      height: 50,
    });
    const small = request(64, 64, { path: inFolder('b.png'), thumbnail: { path: inFolder('s.webp'), side: 100 } });
    await savePicture(small);
    expect(Uint8Array.from(await sharp(inFolder('s.webp')).raw().toBuffer())).toEqual(small.rgb);
  });

  test('of the wrong number of bytes is refused', async () => {
    await expect(savePicture({ ...request(8, 8), width: 9 })).rejects.toMatchObject({ kind: 'internal' });
  });
});

describe('reading a picture', () => {
  test('finds what A1111 keeps in a JPEG', async () => {
    const comment = Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from('a red heart ♥', 'utf16le').swap16()]);
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toFile(inFolder('plain.jpg'));
    const jpeg = readFileSync(inFolder('plain.jpg'));
    writeFileSync(inFolder('a.jpg'), Buffer.concat([jpeg.subarray(0, 2), exifSegment(comment), jpeg.subarray(2)]));
    await expect(readPicture({ path: inFolder('a.jpg') })).resolves.toMatchObject({
      format: 'jpeg',
      text: [{ keyword: 'parameters', text: 'a red heart ♥' }],
    });
  });

  test.each([
    ['no picture', 'just words'],
    ['empty', ''],
    ['a PNG that is cut short', '\x89PNG\r\n\x1a\n\0\0\0'],
  ])('that is %s names the file', async (_what, content) => {
    writeFileSync(inFolder('x.png'), content, 'latin1');
    await expect(readPicture({ path: inFolder('x.png') })).rejects.toMatchObject({
      kind: 'bad-file',
      file: inFolder('x.png'),
    });
  });

  test.each([
    ['rgb.bmp', 'bmp'],
    ['gray.pgm', 'netpbm'],
  ])('of a kind that libvips has no decoder for is read too, and made small: %s', async (name, format) => {
    const path = resolve(import.meta.dirname, '../../../pictures/formats', name);
    await expect(readPicture({ path })).resolves.toMatchObject({ width: 45, height: 37, format, text: [] });
    await makeThumbnail({ path, out: inFolder('small.png'), side: 20 });
    await expect(readPicture({ path: inFolder('small.png') })).resolves.toMatchObject({ width: 20, height: 16 });
  });

  test('that is not there names the file', async () => {
    await expect(readPicture({ path: inFolder('x.png') })).rejects.toMatchObject({ kind: 'missing-file' });
    await expect(makeThumbnail({ path: inFolder('x.png'), out: inFolder('t.webp'), side: 64 })).rejects.toMatchObject({
      kind: 'missing-file',
    });
  });
});

describe('hashing a file', () => {
  test('gives its sha256 and tells the bytes read', async () => {
    writeFileSync(inFolder('f'), 'abc');
    const told: number[] = [];
    const context = { signal: new AbortController().signal, progress: (bytes: number) => told.push(bytes) };
    await expect(hashFile({ path: inFolder('f') }, context)).resolves.toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(told).toEqual([3]);
  });

  test('stops when it is cancelled', async () => {
    writeFileSync(inFolder('f'), Buffer.alloc(4 << 20));
    const context = { signal: AbortSignal.abort(), progress: () => undefined };
    await expect(hashFile({ path: inFolder('f') }, context)).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

/** A JPEG's APP1 segment with an EXIF block that holds nothing but a UserComment; big-endian, as A1111 writes it. */
function exifSegment(comment: Buffer): Buffer {
  const tiff = Buffer.alloc(44);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8); // the first directory: one entry, where the EXIF directory is
  tiff.writeUInt16BE(0x8769, 10);
  tiff.writeUInt16BE(4, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt32BE(26, 18);
  tiff.writeUInt16BE(1, 26); // the EXIF directory: one entry, the comment
  tiff.writeUInt16BE(0x9286, 28);
  tiff.writeUInt16BE(7, 30);
  tiff.writeUInt32BE(comment.length, 32);
  tiff.writeUInt32BE(44, 36);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, comment]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}
