import { StudioError } from '../../app/contracts/studio-error.js';
import type { SavePictureRequest } from '../../app/contracts/worker.js';
import { insertPngText } from './png-text.js';
import { loadSharp } from './load-sharp.js';
import { encodeThumbnail } from './make-thumbnail.js';
import { writeWhole } from './write-whole.js';

/** Raw pixels to a PNG with its texts, and a thumbnail beside it when asked for. */
export async function savePicture(request: SavePictureRequest): Promise<{ bytes: number }> {
  const { rgb, width, height } = request;
  if (rgb.length !== width * height * 3) {
    throw new StudioError(
      'internal',
      `A picture of ${width} × ${height} has ${width * height * 3} bytes, not ${rgb.length}.`,
    );
  }
  const sharp = await loadSharp();
  const raw = { raw: { width, height, channels: 3 } } as const;
  const png = insertPngText(await sharp(rgb, raw).png({ compressionLevel: 6 }).toBuffer(), request.text);
  await writeWhole(request.path, png, { overwrite: request.overwrite });
  if (request.thumbnail !== null) {
    const { path, side } = request.thumbnail;
    await writeWhole(path, await encodeThumbnail(sharp(rgb, raw), { width, height }, side, path), { overwrite: true });
  }
  return { bytes: png.length };
}
