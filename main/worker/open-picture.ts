import type sharp from 'sharp';
import type { Sharp } from 'sharp';
import { decodeBmp } from './decode-bmp.js';
import { decodeNetpbm } from './decode-netpbm.js';
import { pixelLimit } from './load-sharp.js';
import { contentOf } from './picture-format.js';

/**
 * A picture file as libvips takes it; what it has no decoder for (BMP, PGM, PPM) as pixels, and by its format's name.
 * Throws for a damaged one of these.
 */
export function openPicture(
  loaded: typeof sharp,
  file: Buffer,
): { readonly picture: Sharp; readonly format: string | null } {
  const content = contentOf(file);
  const format = 'format' in content ? content.format : null;
  if (format !== 'bmp' && format !== 'netpbm') {
    return { picture: loaded(file, { limitInputPixels: pixelLimit }), format: null };
  }
  const decoded = format === 'bmp' ? decodeBmp(file) : decodeNetpbm(file);
  if ('problem' in decoded) throw new Error(`The picture ${decoded.problem}.`);
  const { rgb, width, height } = decoded;
  return { picture: loaded(rgb, { raw: { width, height, channels: 3 } }), format };
}
