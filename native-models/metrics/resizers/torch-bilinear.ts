/**
 * Bilinear resizing as PyTorch's `interpolate(mode="bilinear", align_corners=False)` does it without antialias: pixels
 * are squares whose middles are compared, and only the four nearest count, so a picture made much smaller aliases.
 * pytorch-fid resizes so.
 *
 * Reference: torch 2.13.0, aten/src/ATen/native/UpSample.h area_pixel_compute_source_index,
 * guard_index_and_lambda; native/cpu/UpSampleKernel.cpp. Places are float32 there, rounded once (a fused
 * multiply-add, on every processor since 2013), and so here: their rounding moves the result by more than that of a sum.
 */
import { blendBilinear, type BilinearAxis } from './bilinear.js';
import type { RgbPicture } from './rgb-picture.js';

/** To an explicit size: [height, width, 3] of `values[level]`. */
export function resizeTorchBilinear(
  picture: RgbPicture,
  width: number,
  height: number,
  values: Float32Array,
): Float32Array {
  return blendBilinear(picture, torchAxis(picture.width, width), torchAxis(picture.height, height), values);
}

function torchAxis(size: number, newSize: number): BilinearAxis {
  const f32 = Math.fround;
  const scale = f32(size / newSize);
  const low = new Int32Array(newSize);
  const high = new Int32Array(newSize);
  const share = new Float32Array(newSize);
  for (let x = 0; x < newSize; x++) {
    const place = Math.max(0, f32(scale * (x + 0.5) - 0.5));
    low[x] = Math.min(Math.floor(place), size - 1);
    high[x] = Math.min(low[x]! + 1, size - 1);
    share[x] = Math.min(Math.max(f32(place - low[x]!), 0), 1);
  }
  return { low, high, share };
}
