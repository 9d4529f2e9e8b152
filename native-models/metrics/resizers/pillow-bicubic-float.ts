/**
 * Bicubic resizing as Pillow does it on pictures of mode F, bit for bit: float32 levels, nothing rounded or cut off, so
 * they may leave 0..255. clean-fid resizes each channel so.
 *
 * Reference: Pillow 13.0.0, src/libImaging/Resample.c: ImagingResampleHorizontal_32bpc, ImagingResampleVertical_32bpc
 * (sums in float64, each pass stored as float32).
 */
import { bicubicTaps, rowsFirst } from './pillow-filter.js';
import type { RgbPicture } from './rgb-picture.js';

/** To an explicit size: [height, width, 3] in levels; along an axis whose size stays, nothing is touched. */
export function resizeBicubicFloat(picture: RgbPicture, width: number, height: number): Float32Array {
  const { rgb } = picture;
  const levels = rowsFirst(picture, width, height)
    ? resizeColumns(resizeRows(rgb, picture.width, picture.height, height), picture.width, height, width)
    : resizeRows(resizeColumns(rgb, picture.width, picture.height, width), width, picture.height, height);
  return levels instanceof Float32Array ? levels : Float32Array.from(levels);
}

/** [height, width, 3] */
type Levels = Uint8Array | Float32Array;

function resizeColumns(levels: Levels, width: number, height: number, newWidth: number): Levels {
  if (newWidth === width) return levels;
  const { first, count, span, weights } = bicubicTaps(width, newWidth);
  const out = new Float32Array(newWidth * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = 3 * y * width;
    for (let x = 0; x < newWidth; x++, to += 3) {
      const end = x * span + count[x]!;
      let [red, green, blue] = [0, 0, 0];
      for (let k = x * span, from = row + 3 * first[x]!; k < end; k++, from += 3) {
        const weight = weights[k]!;
        red += weight * levels[from]!;
        green += weight * levels[from + 1]!;
        blue += weight * levels[from + 2]!;
      }
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
    }
  }
  return out;
}

function resizeRows(levels: Levels, width: number, height: number, newHeight: number): Levels {
  if (newHeight === height) return levels;
  const { first, count, span, weights } = bicubicTaps(height, newHeight);
  const rowLength = 3 * width;
  const out = new Float32Array(rowLength * newHeight);
  const sums = new Float64Array(rowLength);
  for (let y = 0; y < newHeight; y++) {
    sums.fill(0);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * span + k]!;
      const row = (first[y]! + k) * rowLength;
      for (let place = 0; place < rowLength; place++) sums[place]! += weight * levels[row + place]!;
    }
    out.set(sums, y * rowLength);
  }
  return out;
}
