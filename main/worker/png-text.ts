import { crc32, inflateSync } from 'node:zlib';

/**
 * Text chunks of PNG files (PNG specification, third edition, 11.3.3), by hand: sharp cannot write them, and what it
 * reads does not tell Latin-1 from UTF-8.
 */
export interface PngText {
  readonly keyword: string;
  readonly text: string;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export const isPng = (file: Uint8Array): boolean => signature.equals(file.subarray(0, signature.length));

/** The file with the texts put in right after its IHDR chunk, in order. */
export function insertPngText(png: Uint8Array, texts: readonly PngText[]): Buffer {
  if (!isPng(png)) throw new Error('Not a PNG file.');
  return Buffer.concat([png.subarray(0, endOfHeader), ...texts.map(textChunk), png.subarray(endOfHeader)]);
}

/** Signature (8), then IHDR: length (4), type (4), data (13), checksum (4). */
const endOfHeader = 8 + 4 + 4 + 13 + 4;

/** Plain text as other tools like it best (tEXt, Latin-1) where that holds all of it; else iTXt, UTF-8. */
function textChunk({ keyword, text }: PngText): Buffer {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,77}[\x21-\x7e])?$/.test(keyword))
    throw new Error(`"${keyword}" cannot be a PNG keyword.`);
  const latin1 = Buffer.from(text, 'latin1');
  if (decodeLatin1OrUtf8(latin1) === text && !text.includes('\0'))
    return chunk('tEXt', Buffer.from(`${keyword}\0`, 'latin1'), latin1);
  // keyword, no compression, method 0, no language, no translated keyword
  return chunk('iTXt', Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8'));
}

function chunk(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  const framed = Buffer.alloc(4 + body.length + 4);
  framed.writeUInt32BE(body.length - 4, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 4 + body.length);
  return framed;
}

export interface PngTextLimits {
  /** Of all texts together, after expansion. */
  readonly textBytes: number;
  readonly chunks: number;
}

/** Every text chunk, in order. Broken, encrypted or oversized ones are left out; never throws on a stranger's file. */
export function readPngText(png: Uint8Array, limits: PngTextLimits): PngText[] {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const texts: PngText[] = [];
  if (!isPng(file)) return texts;
  let left = limits.textBytes;
  for (let at = signature.length; at + 12 <= file.length && texts.length < limits.chunks;) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IEND' || at + 12 + length > file.length) break;
    const text = left > 0 ? readTextChunk(type, file.subarray(at + 8, at + 8 + length), left) : null;
    if (text !== null) {
      texts.push(text);
      left -= text.text.length;
    }
    at += 12 + length;
  }
  return texts;
}

function readTextChunk(type: string, data: Buffer, maximumBytes: number): PngText | null {
  const keywordEnd = data.indexOf(0);
  if (keywordEnd < 1) return null;
  const keyword = data.toString('latin1', 0, keywordEnd);
  const rest = data.subarray(keywordEnd + 1);
  switch (type) {
    case 'tEXt':
      return rest.length > maximumBytes ? null : { keyword, text: decodeLatin1OrUtf8(rest) };
    case 'zTXt': {
      const expanded = inflate(rest.subarray(1), maximumBytes);
      return expanded === null ? null : { keyword, text: decodeLatin1OrUtf8(expanded) };
    }
    case 'iTXt': {
      const compressed = rest[0] === 1;
      const languageEnd = rest.indexOf(0, 2);
      const translatedEnd = languageEnd < 0 ? -1 : rest.indexOf(0, languageEnd + 1);
      if (translatedEnd < 0) return null;
      const stored = rest.subarray(translatedEnd + 1);
      const bytes = compressed ? inflate(stored, maximumBytes) : stored;
      return bytes === null || bytes.length > maximumBytes ? null : { keyword, text: bytes.toString('utf8') };
    }
    default:
      return null;
  }
}

function inflate(bytes: Buffer, maximumBytes: number): Buffer | null {
  try {
    return inflateSync(bytes, { maxOutputLength: maximumBytes });
  } catch {
    return null; // broken, or larger than allowed: a stranger's file, whose other chunks may be fine
  }
}

/** The specification says Latin-1, but several tools put UTF-8 there; text that is valid UTF-8 is taken as such. */
function decodeLatin1OrUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
