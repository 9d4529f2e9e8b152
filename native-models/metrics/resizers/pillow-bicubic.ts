/**
 * Bicubic resizing as Pillow does it on 8-bit pictures, level for level: the resize that CLIP's and most metrics' own
 * tools were measured with. Rounded to 8 bits after each of the two passes.
 *
 * Reference: Pillow 13.0.0, src/libImaging/Resample.c: normalize_coeffs_8bpc, ImagingResampleHorizontal_8bpc,
 * ImagingResampleVertical_8bpc.
 */
import { bicubicTaps, rowsFirst } from './pillow-filter.js';
import type { RgbPicture } from './rgb-picture.js';

/** To an explicit size; along an axis whose size stays, nothing is touched. */
export function resizeBicubic(picture: RgbPicture, width: number, height: number): RgbPicture {
  return rowsFirst(picture, width, height)
    ? resizeColumns(resizeRows(picture, height), width)
    : resizeRows(resizeColumns(picture, width), height);
}

function resizeColumns({ rgb, width, height }: RgbPicture, newWidth: number): RgbPicture {
  if (newWidth === width) return { rgb, width, height };
  const { first, count, span, weights } = fixedPointTaps(width, newWidth);
  const out = new Uint8ClampedArray(newWidth * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = 3 * y * width;
    for (let x = 0; x < newWidth; x++, to += 3) {
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
  return { rgb: new Uint8Array(out.buffer), width: newWidth, height };
}

function resizeRows({ rgb, width, height }: RgbPicture, newHeight: number): RgbPicture {
  if (newHeight === height) return { rgb, width, height };
  const { first, count, span, weights } = fixedPointTaps(height, newHeight);
  const rowBytes = 3 * width;
  const out = new Uint8ClampedArray(rowBytes * newHeight);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < newHeight; y++) {
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
  return { rgb: new Uint8Array(out.buffer), width, height: newHeight };
}

/** Fixed point of the weights: a sum of 255 times them stays below 2^31, even where the kernel overshoots. */
const PRECISION_BITS = 22;
/** Every sum begins with it, so that cutting bits off rounds to the nearest level. */
const HALF = 1 << (PRECISION_BITS - 1);

function fixedPointTaps(size: number, newSize: number) {
  const { weights, ...taps } = bicubicTaps(size, newSize);
  const fixed = Int32Array.from(weights, (weight) =>
    Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5)),
  );
  return { ...taps, weights: fixed };
}
