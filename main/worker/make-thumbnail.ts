import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { StudioError } from '../../app/contracts/studio-error.js';
import { fileError } from './file-error.js';
import { loadSharp } from './load-sharp.js';
import { openPicture } from './open-picture.js';
import { writeWhole } from './write-whole.js';

interface ThumbnailRequest {
  readonly path: string;
  /** Written as WebP, or as PNG when the name ends so (an icon to drag by). */
  readonly out: string;
  readonly side: number;
}

export async function makeThumbnail({ path, out, side }: ThumbnailRequest): Promise<Record<string, never>> {
  const sharp = await loadSharp();
  const file = await readFile(path).catch((error: unknown) => {
    throw fileError(error, path, 'read');
  });
  let thumbnail: Buffer;
  try {
    const { picture } = openPicture(sharp, file);
    const { width, height } = await picture.metadata();
    thumbnail = await encodeThumbnail(picture.rotate(), { width, height }, side, out);
  } catch (cause) {
    throw new StudioError('bad-file', `${path} could not be read as a picture.`, { file: path, cause });
  }
  await writeWhole(out, thumbnail, { overwrite: true });
  return {};
}

/** Longer side at most `side` pixels, never enlarged. A picture that keeps its size keeps its pixels too. */
export async function encodeThumbnail(
  picture: Sharp,
  size: { width: number; height: number },
  side: number,
  out: string,
): Promise<Buffer> {
  const lossless = Math.max(size.width, size.height) <= side;
  const resized = picture.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  return out.endsWith('.png')
    ? resized.png().toBuffer()
    : resized.webp(lossless ? { lossless } : { quality: 85 }).toBuffer();
}
