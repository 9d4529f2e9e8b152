import type { RgbPicture } from './rgb-picture.js';

/** Where the new pixels of an axis lie between the old ones. */
export interface BilinearAxis {
  /** [size] the old pixel before a new one. */
  readonly low: Int32Array;
  /** [size] the one after it, or the last. */
  readonly high: Int32Array;
  /** [size] of `high`, 0 to 1; `low` has the rest. */
  readonly share: Float32Array;
}

/**
 * Each new pixel from the four old ones around it: along x, then along y.
 *
 * @param values [256] what each level counts as
 * @returns [rows, columns, 3]; sums in float64, stored as float32
 */
export function blendBilinear(
  { rgb, width }: RgbPicture,
  columns: BilinearAxis,
  rows: BilinearAxis,
  values: Float32Array,
): Float32Array {
  const newWidth = columns.low.length;
  const out = new Float32Array(3 * newWidth * rows.low.length);
  for (let y = 0, to = 0; y < rows.low.length; y++) {
    const [above, below, down] = [3 * width * rows.low[y]!, 3 * width * rows.high[y]!, rows.share[y]!];
    for (let x = 0; x < newWidth; x++) {
      const [left, right, across] = [3 * columns.low[x]!, 3 * columns.high[x]!, columns.share[x]!];
      for (let channel = 0; channel < 3; channel++, to++) {
        const topLeft = values[rgb[above + left + channel]!]!;
        const topRight = values[rgb[above + right + channel]!]!;
        const bottomLeft = values[rgb[below + left + channel]!]!;
        const bottomRight = values[rgb[below + right + channel]!]!;
        const top = topLeft + (topRight - topLeft) * across;
        const bottom = bottomLeft + (bottomRight - bottomLeft) * across;
        out[to] = top + (bottom - top) * down;
      }
    }
  }
  return out;
}
