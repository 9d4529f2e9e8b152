/**
 * The transformer layer that CLIP's text tower and its vision tower are made of, each with its own sizes.
 *
 * Paper: Radford and others 2021, section 2.4; layer norms come first (Radford and others 2019).
 * Reference: transformers 5.23.0, models/clip/modeling_clip.py CLIPEncoder, CLIPEncoderLayer, CLIPAttention, CLIPMLP.
 *
 * B batch, T tokens, D width of a token.
 */
import { add, attention, matMul } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { ConfigReader } from './config-reader.js';
import type { Activation } from './layers.js';
import { activate, layerNorm, linear } from './layers.js';
import type { Weights } from './weights.js';

/** What both towers' configs say of their layers. In brackets: the field of the config. */
export interface ClipEncoderConfig {
  /** D [hidden_size] */
  readonly width: number;
  /** [intermediate_size] */
  readonly mlpWidth: number;
  /** [num_hidden_layers] */
  readonly layers: number;
  /** [num_attention_heads] */
  readonly heads: number;
  /** [hidden_act] quick_gelu in OpenAI's files, gelu in OpenCLIP's */
  readonly activation: Activation;
  /** [layer_norm_eps] */
  readonly epsilon: number;
}

/** The fields, with the sizes that transformers takes when they are absent. */
export function parseClipEncoderConfig(
  config: ConfigReader,
  absent: Pick<ClipEncoderConfig, 'width' | 'mlpWidth' | 'heads'>,
): ClipEncoderConfig {
  return {
    width: config.integer('hidden_size', absent.width),
    mlpWidth: config.integer('intermediate_size', absent.mlpWidth),
    layers: config.integer('num_hidden_layers', 12),
    heads: config.integer('num_attention_heads', absent.heads),
    activation: config.choice('hidden_act', 'quick_gelu', ['quick_gelu', 'gelu', 'relu', 'silu', 'swish']),
    epsilon: config.number('layer_norm_eps', 1e-5),
  };
}

export interface ClipEncoderOptions {
  /** A token sees itself and those before it. */
  readonly causal: boolean;
}

/** x [B, T, D] -> [B, T, D] */
export function clipEncoderLayer(
  weights: Weights,
  config: ClipEncoderConfig,
  x: Value,
  options: ClipEncoderOptions,
): Value {
  const normed = layerNorm(weights.at('layer_norm1'), x, config.epsilon);
  x = add(x, selfAttention(weights.at('self_attn'), config, normed, options));
  return add(x, mlp(weights.at('mlp'), config, layerNorm(weights.at('layer_norm2'), x, config.epsilon)));
}

/** x [B, T, D] -> [B, T, D] */
function selfAttention(
  weights: Weights,
  { width: D, heads }: ClipEncoderConfig,
  x: Value,
  { causal }: ClipEncoderOptions,
): Value {
  const q = linear(weights.at('q_proj'), x, D);
  const k = linear(weights.at('k_proj'), x, D);
  const v = linear(weights.at('v_proj'), x, D);
  return linear(weights.at('out_proj'), attention(q, k, v, { heads, causal }), D);
}

/** x [B, T, D] -> [B, T, D] */
function mlp(weights: Weights, config: ClipEncoderConfig, x: Value): Value {
  const h = activate(linear(weights.at('fc1'), x, config.mlpWidth), config.activation); // [B, T, mlpWidth]
  return linear(weights.at('fc2'), h, config.width);
}

/**
 * x [B, D] -> [B, P], without a bias. `transposed`: the matrix is stored as [D, P], as OpenAI's and OpenCLIP's files have
 * it; transformers has [P, D].
 */
export function clipProjection(weights: Weights, x: Value, P: number, transposed: boolean): Value {
  if (!transposed) return linear(weights, x, P, { bias: false });
  return matMul(x, weights.tensor('weight', [x.size(-1), P]));
}
