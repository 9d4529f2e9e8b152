/**
 * Numbers as sinusoids (Vaswani and others 2017, section 3.5), then through a small network: how a UNet is told the
 * time, and SDXL the sizes.
 *
 * Reference: diffusers 0.42.1, models/embeddings.py get_timestep_embedding, TimestepEmbedding. The frequencies are
 * rounded to float32 at the same places as there, since a timestep of 999 multiplies their error.
 */
import { add, concat, cos, multiply, reshape, sin } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { Activation } from './layers.js';
import { activate, linear } from './layers.js';
import type { Weights } from './weights.js';

const MAX_PERIOD = 10_000;

export interface SinusoidOptions {
  readonly size: number;
  /** Cosines before sines. */
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** x [N] -> [N, size] */
export function sinusoids(x: Value, { size, flipSinToCos, freqShift }: SinusoidOptions): Value {
  const N = x.size(0);
  const half = Math.floor(size / 2);
  const scale = Math.fround(-Math.log(MAX_PERIOD));
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(scale * i) / Math.fround(half - freqShift))),
  );
  const angles = multiply(reshape(x, [N, 1]), x.graph.constant('float32', [1, half], frequencies)); // [N, size/2]
  const waves = flipSinToCos ? ([cos(angles), sin(angles)] as const) : ([sin(angles), cos(angles)] as const);
  if (size % 2 === 0) return concat(waves, 1); // [N, size]
  return concat([...waves, x.graph.constant('float32', [N, 1], new Array<number>(N).fill(0))], 1);
}

export interface TimestepEmbeddingOptions {
  readonly width: number;
  readonly activation: Activation;
  readonly postActivation?: Activation | null;
  /** A second condition added before the first layer, through `cond_proj` without bias (latent consistency models). */
  readonly condition?: Value | null;
}

/** x [B, F] -> [B, width] */
export function timestepEmbedding(weights: Weights, x: Value, options: TimestepEmbeddingOptions): Value {
  const { width, activation, postActivation = null, condition = null } = options;
  let h = x;
  if (condition) h = add(h, linear(weights.at('cond_proj'), condition, x.size(-1), { bias: false }));
  h = activate(linear(weights.at('linear_1'), h, width), activation);
  h = linear(weights.at('linear_2'), h, width);
  return postActivation ? activate(h, postActivation) : h;
}
