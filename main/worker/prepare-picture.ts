import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import type { PreparedPicture, Preparation } from '../../app/contracts/features.js';
import { clipPixelValues } from '../../native-models/metrics/clip-preprocessing.js';
import { inceptionPixelValues } from '../../native-models/metrics/inception-preprocessing.js';
import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';
import { decodeLikePillow } from './decode-like-pillow.js';
import { pictureProblem, readingProblem } from './picture-problem.js';

/** A picture file as the numbers that a network takes. */
export async function preparePicture(request: { path: string; preparation: Preparation }): Promise<PreparedPicture> {
  const { path, preparation } = request;
  const decoded = await decodeLikePillow(await readLimited(path), extname(path));
  if ('problem' in decoded) throw pictureProblem(path, decoded.problem);
  const { picture, format, notes } = decoded;
  if (!becomesSquare(preparation, picture)) {
    const size = `${picture.width.toLocaleString('en')} × ${picture.height.toLocaleString('en')} pixels`;
    throw pictureProblem(path, `is ${size}, and the settings of this CLIP make no square of it, as its network takes`);
  }
  const pixels =
    preparation.kind === 'inception'
      ? inceptionPixelValues(picture, preparation.mode)
      : clipPixelValues(picture, preparation).data;
  // A copy because messages carry arrays that own their buffer.
  return { pixels: new Float32Array(pixels), width: picture.width, height: picture.height, format, notes: [...notes] };
}

const becomesSquare = (preparation: Preparation, picture: RgbPicture): boolean =>
  preparation.kind === 'inception' ||
  preparation.crop !== null ||
  (preparation.resize !== null && 'width' in preparation.resize) ||
  picture.width === picture.height;

async function readLimited(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > fileLimitBytes) {
        throw pictureProblem(path, `is ${Math.round(size / 2 ** 20).toLocaleString('en')} MB: up to 512 MB are read`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Error && 'code' in error ? pictureProblem(path, readingProblem(error), error) : error;
  }
}

/** 100 megapixels of 16 bits take 600 MB without compression; nobody's pictures come so. */
const fileLimitBytes = 512 * 2 ** 20;
