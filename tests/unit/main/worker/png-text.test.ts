import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { insertPngText, readPngText } from '../../../../main/worker/png-text.js';

const limits = { textBytes: 1 << 20, chunks: 16 };

const blank = () =>
  sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

const typesOf = (png: Buffer): string[] => {
  const types: string[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) types.push(png.toString('latin1', at + 4, at + 8));
  return types;
};

describe('text in a PNG', () => {
  test.each([
    ['ASCII', 'a red heart\nSteps: 25, Sampler: DDIM', 'tEXt'],
    ['Latin-1', 'un cœur rouge, café'.replace('œ', 'oe'), 'tEXt'],
    ['Latin-1 that looks like UTF-8', 'CafÃ©', 'iTXt'],
    ['UTF-8', 'ein Herz ♥ 紅い心 🖋️', 'iTXt'],
    ['nothing', '', 'tEXt'],
    ['a zero byte', 'a\0b', 'iTXt'],
  ])('of %s comes back as it was', async (_what, text, type) => {
    const png = insertPngText(await blank(), [{ keyword: 'parameters', text }]);
    expect(readPngText(png, limits)).toEqual([{ keyword: 'parameters', text }]);
    expect(typesOf(png).slice(0, 2)).toEqual(['IHDR', type]);
  });

  test('is what other readers find, and the pixels stay', async () => {
    const before = await blank();
    const after = insertPngText(before, [
      { keyword: 'parameters', text: 'a red heart' },
      { keyword: 'inkstone', text: '{"prompt":"紅い心"}' },
    ]);
    expect((await sharp(after).metadata()).comments).toEqual([
      { keyword: 'parameters', text: 'a red heart' },
      { keyword: 'inkstone', text: '{"prompt":"紅い心"}' },
    ]);
    const raw = await sharp(after, { failOn: 'warning' }).raw().toBuffer();
    expect(raw).toEqual(await sharp(before).raw().toBuffer());
  });

  test('of a keyword that the format forbids is refused', async () => {
    const png = await blank();
    expect(() => insertPngText(png, [{ keyword: 'a\nb', text: '' }])).toThrow('cannot be a PNG keyword');
    expect(() => insertPngText(png, [{ keyword: 'k'.repeat(80), text: '' }])).toThrow('cannot be a PNG keyword');
  });
});

describe('a stranger’s PNG', () => {
  const withChunk = async (type: string, data: Buffer) => {
    const png = await blank();
    const chunk = Buffer.alloc(12 + data.length);
    chunk.writeUInt32BE(data.length, 0);
    chunk.write(type, 4, 'latin1');
    data.copy(chunk, 8);
    return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
  };

  test('with compressed texts is read', async () => {
    const plain = await withChunk('zTXt', Buffer.concat([Buffer.from('prompt\0\0'), deflateSync('a fox')]));
    expect(readPngText(plain, limits)).toEqual([{ keyword: 'prompt', text: 'a fox' }]);
    const international = await withChunk(
      'iTXt',
      Buffer.concat([Buffer.from('prompt\0\x01\0en\0wish\0'), deflateSync('狐')]),
    );
    expect(readPngText(international, limits)).toEqual([{ keyword: 'prompt', text: '狐' }]);
  });

  test('that would expand beyond the limit loses that text only', async () => {
    const bomb = await withChunk('zTXt', Buffer.concat([Buffer.from('bomb\0\0'), deflateSync(Buffer.alloc(4 << 20))]));
    const both = insertPngText(bomb, [{ keyword: 'parameters', text: 'a fox' }]);
    expect(readPngText(both, limits)).toEqual([{ keyword: 'parameters', text: 'a fox' }]);
  });

  test('that is cut short or lies about its lengths is read as far as it goes', async () => {
    const png = insertPngText(await blank(), [{ keyword: 'parameters', text: 'a fox' }]);
    for (let length = 0; length < png.length; length++) {
      expect(readPngText(png.subarray(0, length), limits).length).toBeLessThanOrEqual(1);
    }
    png.writeUInt32BE(0xffff_ffff, 33);
    expect(readPngText(png, limits)).toEqual([]);
  });
});
