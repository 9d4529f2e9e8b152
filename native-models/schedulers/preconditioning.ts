/**
 * What stands between a network trained on samples of unit variance and a sampler that counts in sigmas: Karras et
 * al. 2022, "Elucidating the design space of diffusion-based generative models", equation 7 and table 1, column VP.
 *
 *   D(x; sigma) = c_skip x + c_out F(c_in x)      c_in = 1 / sqrt(sigma^2 + 1)
 *
 * The order of the float32 operations is that of diffusers 0.42.1, EulerDiscreteScheduler.
 */
import type { Prediction } from './scheduler-config.js';

const f32 = Math.fround;

/** c_in x: the sample as the network was trained to see it. */
export function toUnitVariance(sample: Float32Array, sigma: number): Float32Array {
  const deviation = f32(Math.sqrt(squaredPlusOne(sigma)));
  return sample.map((value) => value / deviation);
}

/** D(x; sigma), the sample without its noise, from what the network said. */
export function denoised(
  prediction: Prediction,
  sample: Float32Array,
  modelOutput: Float32Array,
  sigma: number,
): Float32Array {
  switch (prediction) {
    case 'epsilon': // c_skip = 1, c_out = -sigma
      return sample.map((value, i) => value - f32(sigma * modelOutput[i]!));
    case 'v_prediction': {
      // c_skip = 1 / (sigma^2 + 1), c_out = -sigma / sqrt(sigma^2 + 1)
      const variance = squaredPlusOne(sigma);
      const cOut = f32(-sigma / f32(Math.sqrt(variance)));
      return sample.map((value, i) => f32(modelOutput[i]! * cOut) + f32(value / variance));
    }
    case 'sample': // c_skip = 0, c_out = 1
      return modelOutput;
  }
}

/**
 * The deviation of the first sample. Leading timesteps do not begin at the last one of training, where the picture
 * is all but gone; there the picture's own unit variance counts too.
 */
export function initNoiseSigma(sigmas: Float32Array, leading: boolean): number {
  const max = sigmas[0]!;
  return leading ? f32(Math.sqrt(squaredPlusOne(max))) : max;
}

function squaredPlusOne(sigma: number): number {
  return f32(f32(sigma * sigma) + 1);
}
