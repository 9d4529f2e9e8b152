/**
 * Bilinear resizing as TensorFlow 1's `resize_bilinear(align_corners=False)` does it: new pixel x lies at x * scale, so
 * the first ones of both pictures lie on each other and everything is shifted by half a pixel against other tools; no
 * antialias. The original FID was computed so; torch-fidelity does it still.
 *
 * Reference: torch-fidelity 0.4.0, torch_fidelity/interpolate_compat_tensorflow.py, method `slow` (places are float32).
 */
import { blendBilinear, type BilinearAxis } from './bilinear.js';
import type { RgbPicture } from './rgb-picture.js';

/** To an explicit size: [height, width, 3] of `values[level]`. */
export function resizeTensorflowBilinear(
  picture: RgbPicture,
  width: number,
  height: number,
  values: Float32Array,
): Float32Array {
  return blendBilinear(picture, tensorflowAxis(picture.width, width), tensorflowAxis(picture.height, height), values);
}

function tensorflowAxis(size: number, newSize: number): BilinearAxis {
  const scale = Math.fround(size / newSize);
  const low = new Int32Array(newSize);
  const high = new Int32Array(newSize);
  const share = new Float32Array(newSize);
  for (let x = 0; x < newSize; x++) {
    const place = Math.fround(x * scale);
    low[x] = Math.trunc(place);
    high[x] = Math.min(low[x]! + 1, size - 1);
    share[x] = place - low[x]!;
  }
  return { low, high, share };
}
