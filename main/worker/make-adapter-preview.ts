import { StudioError } from '../../app/contracts/studio-error.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';
import { loadSharp } from './load-sharp.js';
import { encodeThumbnail } from './make-thumbnail.js';
import { writeWhole } from './write-whole.js';

/** ModelSpec's `modelspec.thumbnail`: a picture as a data URL in a file's metadata. */
export async function makeAdapterPreview(request: {
  path: string;
  out: string;
  side: number;
}): Promise<Record<string, never>> {
  const { path, out, side } = request;
  const { metadata, label } = await readSafetensors(path);
  const url = metadata['modelspec.thumbnail'];
  if (!isThumbnail(url)) {
    throw new StudioError('bad-file', `${label} carries no picture of itself that can be read.`, { file: path });
  }
  const picture = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const sharp = await loadSharp();
  let thumbnail: Buffer;
  try {
    const { width, height } = await sharp(picture, { limitInputPixels: pixelLimit }).metadata();
    thumbnail = await encodeThumbnail(
      sharp(picture, { limitInputPixels: pixelLimit }).rotate(),
      { width, height },
      side,
      out,
    );
  } catch (cause) {
    throw new StudioError('bad-file', `The picture that ${label} carries of itself could not be read.`, {
      file: path,
      cause,
    });
  }
  await writeWhole(out, thumbnail, { overwrite: true });
  return {};
}

/** Of the kinds that every tool writes, and of a size that a thumbnail has. */
export const isThumbnail = (url: string | undefined): url is string =>
  url !== undefined && url.length <= thumbnailLimit && /^data:image\/(?:jpeg|jpg|png|webp);base64,/.test(url);

const thumbnailLimit = 8 * 2 ** 20;
/** A thumbnail of 4096 x 4096 is none. */
const pixelLimit = 4096 * 4096;
