/** What pixel models do to a predicted picture that leaves the range of pictures; see `Limit`. Latent models do not. */
import type { Limit } from './scheduler-config.js';

const f32 = Math.fround;

/** The prediction within its limit; the same array when there is none. */
export function limited(predictedOriginal: Float32Array, limit: Limit): Float32Array {
  switch (limit.kind) {
    case 'none':
      return predictedOriginal;
    case 'clip':
      return predictedOriginal.map((value) => clamp(value, limit.range));
    case 'threshold': {
      // Saharia et al. 2022, section 2.3: s is a high quantile of |x_0|, at least 1; clamp to [-s, s], divide by s.
      const s = Math.min(Math.max(absoluteQuantile(predictedOriginal, limit.ratio), 1), limit.max);
      return predictedOriginal.map((value) => clamp(value, s) / s);
    }
  }
}

function clamp(value: number, range: number): number {
  return Math.min(Math.max(value, -range), range);
}

/** The quantile of the absolute values, linear between neighbours, in float32 as torch.quantile. */
function absoluteQuantile(values: Float32Array, quantile: number): number {
  const sorted = values.map(Math.abs).sort();
  const place = f32(quantile * (sorted.length - 1));
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return f32(low + f32((high - low) * (place - Math.floor(place))));
}
