import type { RgbPicture } from '../../native-models/metrics/resizers/rgb-picture.js';

/** Pixels as Pillow's `Image.open(path).convert("RGB")` has them. */
export interface DecodedPicture {
  readonly picture: RgbPicture;
  /** `png`, `jpeg`, `webp`, `tiff`, `gif`, `bmp` or `netpbm`: what the content is, whatever the file is called. */
  readonly format: string;
  /** Fixed spellings, because they are counted. */
  readonly notes: readonly string[];
}

/** Above this a picture is refused before it is decoded; Pillow warns from 89 megapixels on and refuses from 179. */
const mostMegapixels = 100;

/** What is wrong with a picture of this size; null when nothing is. */
export function sizeProblem(width: number, height: number): string | null {
  if (width < 1 || height < 1) return 'has no pixels';
  if (width * height <= mostMegapixels * 1e6) return null;
  const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels`;
  return `is ${size}, ${Math.round((width * height) / 1e6)} megapixels: up to ${mostMegapixels} are read`;
}
