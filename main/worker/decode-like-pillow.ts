import type { Metadata, Sharp } from 'sharp';
import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { decodeBmp } from './decode-bmp.js';
import { decodeNetpbm } from './decode-netpbm.js';
import { sizeProblem, type DecodedPicture } from './decoded-picture.js';
import { loadSharp } from './load-sharp.js';
import { contentOf } from './picture-format.js';

/**
 * A picture file's pixels as Pillow's `Image.open(path).convert("RGB")` has them, which is how the metrics' own tools
 * read (compared pixel by pixel in tests/parity/decoding.test.ts, Pillow 13.0.0): profiles and the camera's turn are
 * not followed, transparency is dropped and not put on a ground, gray of 16 bits is cut off at 255.
 *
 * @param ending of the file's name, with its dot
 */
export async function decodeLikePillow(
  file: Buffer,
  ending: string,
): Promise<DecodedPicture | { readonly problem: string }> {
  const content = contentOf(file);
  if ('problem' in content) return content;
  const { format, endings } = content;
  const decoded = await decodeFormat(file, format);
  if ('problem' in decoded) return decoded;
  const named = ending.toLowerCase();
  const notes = endings.includes(named) ? decoded.notes : [...decoded.notes, `${format.toUpperCase()} named ${named}`];
  return { ...decoded, format, notes };
}

type Pixels = Omit<DecodedPicture, 'format'> | { readonly problem: string };

async function decodeFormat(file: Buffer, format: string): Promise<Pixels> {
  switch (format) {
    case 'bmp': {
      const decoded = decodeBmp(file);
      return 'problem' in decoded ? decoded : { picture: decoded, notes: [] };
    }
    case 'netpbm': {
      const decoded = decodeNetpbm(file);
      if ('problem' in decoded) return decoded;
      const { maximum, isGray, ...picture } = decoded;
      return { picture, notes: maximum > 255 ? [isGray ? told.deepGray : told.deep] : [] };
    }
    default:
      return decodeByLibvips(file, format);
  }
}

/** What a picture's owner may not expect. */
const told = {
  transparency: 'transparency dropped',
  turn: 'turned by its camera’s note, which is not followed',
  turnOfTiff: 'turned by its TIFF’s note, which is followed',
  deep: '16 bits a channel, 8 used',
  deepGray: '16-bit gray, cut off at level 255',
  numbers: 'numbers instead of levels, cut off at 0 and 255',
  cmyk: 'CMYK, made RGB without its profile',
  profile: 'colour profile not followed',
  damage: 'damaged in places',
} as const;

async function decodeByLibvips(file: Buffer, format: string): Promise<Pixels> {
  const sharp = await loadSharp();
  const header = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch(() => null);
  if (header === null) return { problem: 'is damaged: its header cannot be read' };
  const problem = sizeProblem(header.width, header.height) ?? kindProblem(header);
  if (problem !== null) return { problem };

  const decode = (failOn: 'warning' | 'error') => {
    const picture = sharp(file, { limitInputPixels: false, ignoreIcc: true, failOn });
    // Pillow turns TIFFs, and nothing else.
    return pixelsOf(format === 'tiff' && isTurned(header) ? picture.autoOrient() : picture, header);
  };
  const notes = notesOf(file, format, header);
  try {
    const { picture, isTransparent } = await decode('warning');
    return { picture, notes: isTransparent ? [...notes, told.transparency] : notes };
  } catch {
    try {
      // Where a decoder warns and goes on, it goes on in Pillow too.
      const { picture, isTransparent } = await decode('error');
      return { picture, notes: [...notes, ...(isTransparent ? [told.transparency] : []), told.damage] };
    } catch (error) {
      return { problem: damageOf(file, format, error) };
    }
  }
}

/** Kinds of pixels that only TIFF has, and that Pillow refuses or has other levels for. */
function kindProblem({ space, depth, channels }: Metadata): string | null {
  if (space === 'cmyk' && (depth !== 'uchar' || channels !== 4)) {
    return 'is CMYK with more than 8 bits or four inks: save it as PNG';
  }
  const isLevels = depth === 'uchar' || depth === 'ushort';
  const isPlainNumbers = channels === 1 && ['short', 'uint', 'int', 'float'].includes(depth);
  return isLevels || isPlainNumbers ? null : 'holds numbers instead of levels: save it as PNG';
}

const isTurned = ({ orientation }: Metadata): boolean => orientation !== undefined && orientation > 1;

function notesOf(file: Buffer, format: string, header: Metadata): string[] {
  const notes: string[] = [];
  if (isTurned(header)) notes.push(format === 'tiff' ? told.turnOfTiff : told.turn);
  if (header.space === 'cmyk') notes.push(told.cmyk);
  else if (header.icc !== undefined && !isSrgb(header.icc)) notes.push(told.profile);
  if (header.depth === 'ushort') notes.push(isDeepGray(header) ? told.deepGray : told.deep);
  else if (header.depth !== 'uchar') notes.push(told.numbers);
  const frames = format === 'png' ? framesOfPng(file) : (header.pages ?? 1);
  if (frames > 1) notes.push(`first of ${frames.toLocaleString('en')} ${format === 'tiff' ? 'pages' : 'frames'}`);
  return notes;
}

/** Pillow has a mode of its own for it, which its conversion to RGB cuts off; with alpha it is another one. */
const isDeepGray = ({ space, hasAlpha }: Metadata): boolean => space === 'grey16' && !hasAlpha;

/** By its description, in the two encodings that profiles of version 2 and 4 have it in. */
function isSrgb(profile: Buffer): boolean {
  return profile.includes('sRGB', 0, 'latin1') || profile.includes('\0s\0R\0G\0B', 0, 'latin1');
}

/** What an `acTL` chunk before the pixels tells (the APNG specification); libvips reads the first frame and no more. */
function framesOfPng(file: Buffer): number {
  const chunk = file.subarray(0, Math.max(0, file.indexOf('IDAT', 0, 'latin1'))).indexOf('acTL', 0, 'latin1');
  return chunk === -1 || chunk + 8 > file.length ? 1 : file.readUInt32BE(chunk + 4);
}

interface DecodedPixels {
  readonly picture: RgbPicture;
  readonly isTransparent: boolean;
}

async function pixelsOf(decoder: Sharp, header: Metadata): Promise<DecodedPixels> {
  if (header.space === 'cmyk') {
    const raw = decoder.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    return { picture: { rgb: rgbOfCmyk(data), width: info.width, height: info.height }, isTransparent: false };
  }
  if (isDeepGray(header)) {
    const raw = decoder.toColourspace('grey16').raw({ depth: 'ushort' });
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    return { picture: { rgb: rgbOfDeepGray(data), width: info.width, height: info.height }, isTransparent: false };
  }
  const { data, info } = await decoder.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  if (info.channels === 3) return { picture: { rgb: bytesOf(data), width, height }, isTransparent: false };
  return withoutAlpha(data, width, height);
}

const bytesOf = (data: Buffer): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.length);

/** As Pillow does it (libImaging/Convert.c cmyk2rgb): each ink of what black leaves, a product rounded by shifts. */
function rgbOfCmyk(cmyk: Buffer): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const left = 255 - cmyk[from + 3]!;
    for (let ink = 0; ink < 3; ink++, to++) {
      const product = cmyk[from + ink]! * left + 128;
      rgb[to] = left - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}

/** @param gray native-endian 16-bit levels */
function rgbOfDeepGray(gray: Buffer): Uint8Array {
  const levels = new Uint16Array(gray.buffer.slice(gray.byteOffset, gray.byteOffset + gray.length));
  const rgb = new Uint8Array(levels.length * 3);
  for (const [place, level] of levels.entries()) rgb.fill(Math.min(level, 255), 3 * place, 3 * place + 3);
  return rgb;
}

function withoutAlpha(rgba: Buffer, width: number, height: number): DecodedPixels {
  const rgb = new Uint8Array(width * height * 3);
  let opaque = 255;
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
    opaque &= rgba[from + 3]!;
  }
  return { picture: { rgb, width, height }, isTransparent: opaque !== 255 };
}

function damageOf(file: Buffer, format: string, error: unknown): string {
  const isShort =
    format === 'png'
      ? !file.includes('IEND', 0, 'latin1')
      : error instanceof Error && /premature end|truncated|end of file/i.test(error.message);
  return isShort ? 'is cut short' : 'is damaged';
}
