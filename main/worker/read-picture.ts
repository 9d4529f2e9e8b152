import { open } from 'node:fs/promises';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { PictureFile } from '../../app/contracts/worker.js';
import { readUserComment } from './exif-text.js';
import { fileError } from './file-error.js';
import { loadSharp } from './load-sharp.js';
import { openPicture } from './open-picture.js';
import { isPng, readPngText } from './png-text.js';

/**
 * Size and texts of a picture file; its pixels are not decoded. A comment in EXIF comes under the keyword `parameters`,
 * as A1111 writes it there.
 */
export async function readPicture({ path }: { path: string }): Promise<PictureFile> {
  const file = await readLimited(path);
  const sharp = await loadSharp();
  try {
    const { picture, format: ownFormat } = openPicture(sharp, file);
    const { width, height, format, exif } = await picture.metadata();
    const texts = isPng(file) ? readPngText(file, { textBytes: textLimitBytes, chunks: 64 }) : [];
    const comment = exif === undefined || exif.length > textLimitBytes ? null : readUserComment(exif);
    if (comment !== null) texts.push({ keyword: 'parameters', text: comment });
    return { width, height, format: ownFormat ?? format, bytes: file.length, text: texts };
  } catch (cause) {
    throw new StudioError(
      'bad-file',
      `${path} is no picture that can be read; PNG, JPEG, WebP, GIF, TIFF, BMP and PPM can.`,
      {
        file: path,
        cause,
      },
    );
  }
}

async function readLimited(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, path, 'read');
  });
  try {
    const { size } = await file.stat();
    if (size > fileLimitBytes) {
      throw new StudioError(
        'bad-file',
        `${path} is ${Math.round(size / 2 ** 20)} MB; pictures up to 512 MB are read.`,
        { file: path },
      );
    }
    return await file.readFile();
  } catch (error) {
    throw fileError(error, path, 'read');
  } finally {
    await file.close();
  }
}

const fileLimitBytes = 512 * 2 ** 20;
/** A long ComfyUI workflow is below a megabyte. */
const textLimitBytes = 16 * 2 ** 20;
