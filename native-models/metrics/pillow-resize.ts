/**
 * Bicubic resizing as Pillow does it on 8-bit pictures, level for level: the resize that CLIP's and most metrics' own
 * tools were measured with. When a picture gets smaller the kernel gets wider, so every pixel counts (antialias).
 *
 * Reference: Pillow 13.0.0, src/libImaging/Resample.c: precompute_coeffs, normalize_coeffs_8bpc,
 * ImagingResampleHorizontal_8bpc, ImagingResampleVertical_8bpc. Keys 1981 for the kernel, with a = -1/2.
 */

/** Row-major RGB, 3 bytes a pixel. */
export interface RgbPicture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** To an explicit size; along an axis whose size stays, nothing is touched. */
export function resizeBicubic(picture: RgbPicture, width: number, height: number): RgbPicture {
  // Columns first, and rounded to 8 bits between the two passes: another order gives other levels.
  return resizeRows(resizeColumns(picture, width), height);
}

function resizeColumns({ rgb, width, height }: RgbPicture, newWidth: number): RgbPicture {
  if (newWidth === width) return { rgb, width, height };
  const out = new Uint8Array(newWidth * height * 3);
  const taps = filterTaps(width, newWidth);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of taps.entries()) {
      for (let channel = 0; channel < 3; channel++) {
        out[3 * (y * newWidth + x) + channel] = weighted(rgb, 3 * (y * width + first) + channel, 3, weights);
      }
    }
  }
  return { rgb: out, width: newWidth, height };
}

function resizeRows({ rgb, width, height }: RgbPicture, newHeight: number): RgbPicture {
  if (newHeight === height) return { rgb, width, height };
  const rowBytes = 3 * width;
  const out = new Uint8Array(rowBytes * newHeight);
  for (const [y, { first, weights }] of filterTaps(height, newHeight).entries()) {
    for (let place = 0; place < rowBytes; place++) {
      out[y * rowBytes + place] = weighted(rgb, first * rowBytes + place, rowBytes, weights);
    }
  }
  return { rgb: out, width, height: newHeight };
}

/** Fixed point of the weights: a sum of 255 times them stays below 2^31, even where the kernel overshoots. */
const PRECISION_BITS = 22;

/** The level at one place: round(sum of weight * level), kept within 0..255. */
function weighted(levels: Uint8Array, start: number, stride: number, weights: Int32Array): number {
  let sum = 1 << (PRECISION_BITS - 1);
  for (let k = 0, place = start; k < weights.length; k++, place += stride) sum += weights[k]! * levels[place]!;
  return Math.min(Math.max(sum >> PRECISION_BITS, 0), 255);
}

/** What one new pixel is made of: the old pixels from `first` on, and the weight of each in fixed point. */
interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

function filterTaps(size: number, newSize: number): Taps[] {
  const scale = size / newSize;
  const stretch = Math.max(scale, 1); // never narrower than a pixel
  const support = 2 * stretch;
  const squeeze = 1 / stretch; // the reference multiplies: the last bit of a weight can decide a level
  return Array.from({ length: newSize }, (_, place) => {
    const center = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const next = Math.min(size, Math.trunc(center + support + 0.5));
    const raw = Array.from({ length: next - first }, (_unused, k) => bicubic((k + first - center + 0.5) * squeeze));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    const weights = raw.map((weight) => (weight / sum) * 2 ** PRECISION_BITS);
    return { first, weights: Int32Array.from(weights, (weight) => Math.trunc(weight + (weight < 0 ? -0.5 : 0.5))) };
  });
}

/** Keys' cubic convolution kernel with a = -1/2; 0 from a distance of 2 on. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}
