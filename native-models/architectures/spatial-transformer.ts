/**
 * The transformer inside a UNet block: the places of a picture attend to each other and to the text
 * (Rombach and others 2022, section 3.3 and appendix E.2.1; GEGLU: Shazeer 2020).
 *
 * Reference: diffusers 0.42.1, models/transformers/transformer_2d.py Transformer2DModel,
 * models/attention.py BasicTransformerBlock, FeedForward, models/activations.py GEGLU.
 * Without dropout, and in float32 throughout, so `upcast_attention` makes no difference.
 * B batch, C channels, H height, W width, T tokens of text, D their width.
 */
import { add, attention, gelu, halve, multiply } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import { conv2d, groupNorm, layerNorm, linear, toPicture, toTokens } from './layers.js';
import type { Weights } from './weights.js';

export interface SpatialTransformerOptions {
  readonly layers: number;
  readonly heads: number;
  readonly groups: number;
  /** proj_in and proj_out as linear layers (SD 2, SDXL) or as 1 x 1 convolutions (SD 1). */
  readonly linearProjection: boolean;
  /** The first attention looks at the text, too, instead of at the picture itself. */
  readonly onlyCrossAttention: boolean;
}

const NORM_EPSILON = 1e-6;
const LAYER_NORM_EPSILON = 1e-5;

/** x [B, C, H, W], text [B, T, D] -> [B, C, H, W] */
export function spatialTransformer(weights: Weights, x: Value, text: Value, options: SpatialTransformerOptions): Value {
  const [C, H, W] = [x.size(1), x.size(2), x.size(3)];
  const { layers, groups, linearProjection } = options;

  let h = groupNorm(weights.at('norm'), x, groups, NORM_EPSILON);
  h = linearProjection
    ? linear(weights.at('proj_in'), toTokens(h), C)
    : toTokens(conv2d(weights.at('proj_in'), h, C, { kernel: 1 })); // [B, H*W, C]
  for (let i = 0; i < layers; i++) h = transformerBlock(weights.at('transformer_blocks', i), h, text, options);
  h = linearProjection
    ? toPicture(linear(weights.at('proj_out'), h, C), H, W)
    : conv2d(weights.at('proj_out'), toPicture(h, H, W), C, { kernel: 1 }); // [B, C, H, W]
  return add(h, x);
}

/** x [B, H*W, C], text [B, T, D] -> [B, H*W, C] */
function transformerBlock(weights: Weights, x: Value, text: Value, options: SpatialTransformerOptions): Value {
  const { heads, onlyCrossAttention } = options;
  const normed = (name: string, h: Value): Value => layerNorm(weights.at(name), h, LAYER_NORM_EPSILON);

  let h = normed('norm1', x);
  x = add(attend(weights.at('attn1'), h, onlyCrossAttention ? text : h, heads), x);
  h = normed('norm2', x);
  x = add(attend(weights.at('attn2'), h, text, heads), x);
  h = normed('norm3', x);
  return add(feedForward(weights.at('ff'), h), x);
}

/** Queries from x [B, N, C], keys and values from context [B, S, D] -> [B, N, C] */
function attend(weights: Weights, x: Value, context: Value, heads: number): Value {
  const C = x.size(-1);
  const q = linear(weights.at('to_q'), x, C, { bias: false }); // [B, N, C]
  const k = linear(weights.at('to_k'), context, C, { bias: false }); // [B, S, C]
  const v = linear(weights.at('to_v'), context, C, { bias: false }); // [B, S, C]
  return linear(weights.at('to_out.0'), attention(q, k, v, { heads }), C);
}

/** GEGLU: one half of a projection to 8C gates the other, then back; x [B, N, C] -> [B, N, C] */
function feedForward(weights: Weights, x: Value): Value {
  const C = x.size(-1);
  const [value, gate] = halve(linear(weights.at('net.0.proj'), x, 8 * C), -1); // [B, N, 4C] each
  return linear(weights.at('net.2'), multiply(value, gelu(gate)), C);
}
