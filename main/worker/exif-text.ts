/**
 * The `UserComment` of an EXIF block (EXIF 2.32, 4.6.5): where A1111 keeps its parameters in JPEG and WebP files.
 * Null when there is none or the block is broken: it comes from a stranger.
 */
export function readUserComment(exif: Uint8Array): string | null {
  const bytes = Buffer.from(exif.buffer, exif.byteOffset, exif.byteLength);
  const tiff = bytes.subarray(bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  try {
    const reader = new TiffReader(tiff);
    const exifDirectory = reader.entry(reader.u32(4), exifDirectoryTag);
    if (exifDirectory === null) return null;
    const comment = reader.entry(reader.u32(exifDirectory + 8), userCommentTag);
    if (comment === null) return null;
    const length = reader.u32(comment + 4);
    const start = length <= 4 ? comment + 8 : reader.u32(comment + 8);
    return decodeComment(tiff.subarray(start, Math.min(start + length, tiff.length)), reader.littleEndian);
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset that leads out of the block
    throw error;
  }
}

const exifDirectoryTag = 0x8769;
const userCommentTag = 0x9286;

class TiffReader {
  readonly littleEndian: boolean;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.littleEndian = bytes.toString('latin1', 0, 2) === 'II';
  }

  u16(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  u32(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** Offset of the 12-byte entry with this tag in the directory at `at`. */
  entry(at: number, tag: number): number | null {
    const count = this.u16(at);
    for (let index = 0; index < count; index++) {
      const entry = at + 2 + 12 * index;
      if (this.u16(entry) === tag) return entry;
    }
    return null;
  }
}

/** The first 8 bytes name the code; 'UNICODE' says nothing of the byte order, so the text has to. */
function decodeComment(comment: Buffer, littleEndian: boolean): string | null {
  const code = comment.toString('latin1', 0, 8);
  const text = comment.subarray(8);
  if (!code.startsWith('UNICODE')) return text.toString('utf8').replaceAll('\0', '');
  const even = text.subarray(0, text.length & ~1);
  // ASCII letters dominate such texts: the byte that is zero more often is the high one.
  let zerosFirst = 0;
  let zerosSecond = 0;
  for (let at = 0; at < even.length; at += 2) {
    if (even[at] === 0) zerosFirst++;
    if (even[at + 1] === 0) zerosSecond++;
  }
  const isLittleEndian = zerosFirst === zerosSecond ? littleEndian : zerosSecond > zerosFirst;
  return new TextDecoder(isLittleEndian ? 'utf-16le' : 'utf-16be').decode(even);
}
