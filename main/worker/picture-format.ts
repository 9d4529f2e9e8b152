/** What a file is by its first bytes; pictures have the ending that goes with them, others a problem. */
export type FileContent =
  | {
      readonly format: 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif' | 'bmp' | 'netpbm';
      readonly endings: readonly string[];
    }
  | { readonly problem: string };

/** @param file from its beginning */
export function contentOf(file: Buffer): FileContent {
  if (file.length === 0) return { problem: 'is empty' };
  const signature = signatures.find(({ bytes, at = 0 }) => file.subarray(at, at + bytes.length).equals(bytes));
  return (
    signature?.is ?? (isText(file) ? { problem: textProblem(file) } : { problem: 'is no picture that is known here' })
  );
}

interface Signature {
  readonly bytes: Buffer;
  readonly at?: number;
  readonly is: FileContent;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const tiff = { format: 'tiff', endings: ['.tif', '.tiff'] } as const;
const gif = { format: 'gif', endings: ['.gif'] } as const;
/** The ISO container of films and of pictures made by film codecs. */
const ftyp = (brand: string, problem: string): Signature => ({ bytes: latin1(`ftyp${brand}`), at: 4, is: { problem } });

const signatures: readonly Signature[] = [
  { bytes: latin1('\x89PNG\r\n\x1a\n'), is: { format: 'png', endings: ['.png'] } },
  { bytes: latin1('\xff\xd8\xff'), is: { format: 'jpeg', endings: ['.jpg', '.jpeg'] } },
  // RIFF, four bytes of length, WEBP; other RIFF files are sound and film.
  { bytes: latin1('WEBP'), at: 8, is: { format: 'webp', endings: ['.webp'] } },
  ...['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].map((bytes) => ({ bytes: latin1(bytes), is: tiff })),
  ...['GIF87a', 'GIF89a'].map((bytes) => ({ bytes: latin1(bytes), is: gif })),
  { bytes: latin1('BM'), is: { format: 'bmp', endings: ['.bmp'] } },
  ...['P1', 'P2', 'P3', 'P4', 'P5', 'P6'].flatMap((magic) =>
    [' ', '\t', '\r', '\n', '#'].map((next) => ({
      bytes: latin1(magic + next),
      is: { format: 'netpbm', endings: ['.pgm', '.ppm', '.pbm', '.pnm'] } as const,
    })),
  ),
  ftyp('avif', 'is an AVIF picture: save it as PNG'),
  ...['heic', 'heix', 'mif1'].map((brand) => ftyp(brand, 'is a HEIF picture: save it as PNG')),
  ftyp('', 'is a film, not a picture'),
  { bytes: latin1('\xff\x0a'), is: { problem: 'is a JPEG XL picture: save it as PNG' } },
  { bytes: latin1('\0\0\0\x0cJXL '), is: { problem: 'is a JPEG XL picture: save it as PNG' } },
  { bytes: latin1('\0\0\0\x0cjP  '), is: { problem: 'is a JPEG 2000 picture: save it as PNG' } },
  { bytes: latin1('8BPS'), is: { problem: 'is a Photoshop file: save it as PNG' } },
  { bytes: latin1('%PDF'), is: { problem: 'is a PDF document, not a picture' } },
  { bytes: latin1('PK\x03\x04'), is: { problem: 'is a ZIP archive, not a picture' } },
];

/** As good as certain: no zero bytes, and valid UTF-8 up to where the piece was cut. */
function isText(file: Buffer): boolean {
  const start = file.subarray(0, 512);
  if (start.includes(0)) return false;
  const text = start.toString('utf8');
  return !text.slice(0, -1).includes('\ufffd');
}

function textProblem(file: Buffer): string {
  const start = file.toString('utf8', 0, 512).trimStart().toLowerCase();
  if (/^(<!doctype html|<html)/.test(start)) return 'is a web page, not a picture';
  if (/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!doctype svg[^>]*>\s*)*<svg/s.test(start)) {
    return 'is an SVG drawing, which has no pixels: save it as PNG';
  }
  return 'is a text file, not a picture';
}
