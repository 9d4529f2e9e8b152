import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { sizeProblem } from './decoded-picture.js';

/**
 * Windows bitmaps without compression, of 1, 4, 8, 24 or 32 bits a pixel, pixels as Pillow reads them (13.0.0,
 * BmpImagePlugin.py): the fourth byte of 32 bits is nothing. libvips, which decodes the other formats, has no BMP.
 */
export function decodeBmp(file: Buffer): RgbPicture | { readonly problem: string } {
  const damaged = { problem: 'is damaged: it ends too early' };
  if (file.length < 26) return damaged;
  const headerBytes = file.readUInt32LE(14);
  const isOs2 = headerBytes === 12;
  if (file.length < 14 + headerBytes) return damaged;
  if (!isOs2 && headerBytes < 40) return { problem: 'is a BMP of a kind that is not read: save it as PNG' };
  const width = isOs2 ? file.readUInt16LE(18) : file.readInt32LE(18);
  const signedHeight = isOs2 ? file.readUInt16LE(20) : file.readInt32LE(22);
  const height = Math.abs(signedHeight); // negative: the first row is the upper one
  const problem = sizeProblem(width, height);
  if (problem !== null) return { problem };
  const bits = file.readUInt16LE(isOs2 ? 24 : 28);
  const compression = isOs2 ? NONE : file.readUInt32LE(30);
  const isPlain = compression === NONE || (compression === BITFIELDS && bits === 32 && hasUsualMasks(file));
  if (!isPlain || ![1, 4, 8, 24, 32].includes(bits)) {
    return { problem: `is a BMP of ${bits} bits a pixel${isPlain ? '' : ', compressed'}: save it as PNG` };
  }
  const start = file.readUInt32LE(10);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (file.length < start + rowBytes * height) return damaged;

  const rgb = new Uint8Array(3 * width * height);
  const palette = bits <= 8 ? readPalette(file, 14 + headerBytes, isOs2 ? 3 : 4, Math.min(start, file.length)) : null;
  for (let y = 0, to = 0; y < height; y++) {
    const row = start + rowBytes * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++, to += 3) {
      if (palette === null) {
        const from = row + x * (bits / 8);
        rgb[to] = file[from + 2]!;
        rgb[to + 1] = file[from + 1]!;
        rgb[to + 2] = file[from]!;
      } else {
        const shift = 8 - bits - ((x * bits) % 8);
        const index = (file[row + ((x * bits) >> 3)]! >> shift) & (2 ** bits - 1);
        rgb.set(palette.subarray(3 * index, 3 * index + 3), to);
      }
    }
  }
  return { rgb, width, height };
}

const NONE = 0;
const BITFIELDS = 3;

/** Blue, green, red, nothing: as without masks. */
const hasUsualMasks = (file: Buffer): boolean =>
  file.length >= 66 && [0xff0000, 0xff00, 0xff].every((mask, channel) => file.readUInt32LE(54 + 4 * channel) === mask);

/** [256, 3]; colours that the file does not have are black. */
function readPalette(file: Buffer, start: number, entryBytes: number, end: number): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let index = 0, at = start; index < 256 && at + 3 <= end; index++, at += entryBytes) {
    palette.set([file[at + 2]!, file[at + 1]!, file[at]!], 3 * index);
  }
  return palette;
}
