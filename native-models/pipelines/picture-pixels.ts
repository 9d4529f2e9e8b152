/**
 * From the decoder's numbers to pixels, as diffusers' image processor does it (0.42.1, VaeImageProcessor): -1..1 to
 * 0..1 in float32, clamped, times 255, halves rounded to even.
 */
import { roundHalfEven } from '../schedulers/noise-schedules.js';

const f32 = Math.fround;

/** sample [3, H, W] in -1..1 -> rgb [H, W, 3]. */
export function toPixels(sample: Float32Array): Uint8Array {
  const area = sample.length / 3;
  const rgb = new Uint8Array(sample.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) {
      const brightness = f32(f32(sample[channel * area + i]! * 0.5) + 0.5);
      rgb[3 * i + channel] = roundHalfEven(f32(Math.min(Math.max(brightness, 0), 1) * 255));
    }
  }
  return rgb;
}
