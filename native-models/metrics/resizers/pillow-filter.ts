/**
 * Which old pixels a new one is made of, and with what weights, as Pillow computes it along one axis. When a picture
 * gets smaller the kernel gets wider, so every pixel counts (antialias).
 *
 * Reference: Pillow 13.0.0, src/libImaging/Resample.c precompute_coeffs, ImagingResampleInner. Keys 1981 for the kernel,
 * with a = -1/2.
 */
import type { RgbPicture } from './rgb-picture.js';

/**
 * Whether the height changes before the width does. Each pass rounds, so the order decides last bits. Pillow before 13
 * always began with the width: there, a picture that loses many rows comes out otherwise by a level here and there.
 */
export const rowsFirst = (picture: RgbPicture, width: number, height: number): boolean =>
  picture.height > height && picture.height - height > 2 * (picture.width - width);

/** New pixels side by side. */
export interface Part {
  readonly from: number;
  readonly count: number;
}

export interface FilterTaps {
  /** [part] index of the first old pixel that a new one is made of. */
  readonly first: Int32Array;
  /** [part] how many there are, side by side. */
  readonly count: Int32Array;
  /** Weights a new pixel has room for: those of pixel x begin at `x * span`. */
  readonly span: number;
  /** [part, span], each row's sum 1; float64. */
  readonly weights: Float64Array;
}

/**
 * From `size` pixels to `newSize`.
 *
 * @param part of the new pixels, where not all are wanted
 */
export function bicubicTaps(size: number, newSize: number, part: Part = { from: 0, count: newSize }): FilterTaps {
  const scale = size / newSize;
  const stretch = Math.max(scale, 1); // never narrower than a pixel
  const support = 2 * stretch;
  const squeeze = 1 / stretch; // the reference multiplies: the last bit of a weight can decide a level
  const span = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(part.count);
  const count = new Int32Array(part.count);
  const weights = new Float64Array(part.count * span);
  for (let place = 0; place < part.count; place++) {
    const center = (part.from + place + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(size, Math.trunc(center + support + 0.5)) - from;
    const own = weights.subarray(place * span, place * span + taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += own[k] = bicubic((k + from - center + 0.5) * squeeze);
    for (let k = 0; k < taps; k++) own[k]! /= sum;
    first[place] = from;
    count[place] = taps;
  }
  return { first, count, span, weights };
}

/** Keys' cubic convolution kernel with a = -1/2; 0 from a distance of 2 on. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}
