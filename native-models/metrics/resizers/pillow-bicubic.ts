/**
 * Bicubic resizing as Pillow does it on 8-bit pictures, level for level: the resize that CLIP's and most metrics' own
 * tools were measured with. Rounded to 8 bits after each of the two passes.
 *
 * Reference: Pillow 13.0.0, src/libImaging/Resample.c: normalize_coeffs_8bpc, ImagingResampleHorizontal_8bpc,
 * ImagingResampleVertical_8bpc.
 */
import { bicubicTaps, rowsFirst, type Part } from './pillow-filter.js';
import type { RgbPicture } from './rgb-picture.js';

/** Part of a picture, in pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * To an explicit size; along an axis whose size stays, nothing is touched.
 *
 * @param window of the resized picture, where not all of it is wanted: the rest is not computed
 */
export function resizeBicubic(picture: RgbPicture, width: number, height: number, window?: Window): RgbPicture {
  const columns = { from: window?.left ?? 0, count: window?.width ?? width };
  const rows = { from: window?.top ?? 0, count: window?.height ?? height };
  return rowsFirst(picture, width, height)
    ? resizeColumns(resizeRows(picture, height, rows), width, columns)
    : resizeRows(resizeColumns(picture, width, columns), height, rows);
}

function resizeColumns({ rgb, width, height }: RgbPicture, newWidth: number, part: Part): RgbPicture {
  if (newWidth === width && part.count === width) return { rgb, width, height };
  const out = new Uint8ClampedArray(part.count * height * 3);
  if (newWidth === width) {
    for (let y = 0; y < height; y++) {
      const from = 3 * (y * width + part.from);
      out.set(rgb.subarray(from, from + 3 * part.count), 3 * y * part.count);
    }
    return { rgb: new Uint8Array(out.buffer), width: part.count, height };
  }
  const { first, count, span, weights } = fixedPointTaps(width, newWidth, part);
  for (let y = 0, to = 0; y < height; y++) {
    const row = 3 * y * width;
    for (let x = 0; x < part.count; x++, to += 3) {
      const end = x * span + count[x]!;
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let k = x * span, from = row + 3 * first[x]!; k < end; k++, from += 3) {
        const weight = weights[k]!;
        red = (red + Math.imul(weight, rgb[from]!)) | 0;
        green = (green + Math.imul(weight, rgb[from + 1]!)) | 0;
        blue = (blue + Math.imul(weight, rgb[from + 2]!)) | 0;
      }
      out[to] = red >> PRECISION_BITS;
      out[to + 1] = green >> PRECISION_BITS;
      out[to + 2] = blue >> PRECISION_BITS;
    }
  }
  return { rgb: new Uint8Array(out.buffer), width: part.count, height };
}

function resizeRows({ rgb, width, height }: RgbPicture, newHeight: number, part: Part): RgbPicture {
  const rowBytes = 3 * width;
  if (newHeight === height) {
    return { rgb: rgb.subarray(rowBytes * part.from, rowBytes * (part.from + part.count)), width, height: part.count };
  }
  const { first, count, span, weights } = fixedPointTaps(height, newHeight, part);
  const out = new Uint8ClampedArray(rowBytes * part.count);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < part.count; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * span + k]!;
      const row = (first[y]! + k) * rowBytes;
      for (let place = 0; place < rowBytes; place++) {
        sums[place] = (sums[place]! + Math.imul(weight, rgb[row + place]!)) | 0;
      }
    }
    for (let place = 0; place < rowBytes; place++) out[y * rowBytes + place] = sums[place]! >> PRECISION_BITS;
  }
  return { rgb: new Uint8Array(out.buffer), width, height: part.count };
}

/** Fixed point of the weights: a sum of 255 times them stays below 2^31, even where the kernel overshoots. */
const PRECISION_BITS = 22;
/** Every sum begins with it, so that cutting bits off rounds to the nearest level. */
const HALF = 1 << (PRECISION_BITS - 1);

function fixedPointTaps(size: number, newSize: number, part: Part) {
  const { weights, ...taps } = bicubicTaps(size, newSize, part);
  const fixed = Int32Array.from(weights, (weight) =>
    Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5)),
  );
  return { ...taps, weights: fixed };
}
