/**
 * CLIP's vision tower with its projection: a picture to one vector in the space that texts are projected to as well.
 *
 * Papers: Dosovitskiy and others 2020 (the vision transformer: patches as tokens, a class token in front), Radford and
 * others 2021, section 2.4 (a layer norm before the first layer, no bias in the patch convolution).
 * Reference: transformers 5.23.0, models/clip/modeling_clip.py CLIPVisionModel, CLIPVisionModelWithProjection.
 *
 * What differs: one size of pictures, that of the config (the reference can also interpolate the places), no dropout.
 *
 * B batch, C channels, S side of the picture in pixels, p side of a patch, N = floor(S / p)^2 patches, D width of a
 * token, P width of the projection.
 */
import { add, concat, convolution, expand, reshape, slice } from '../onnx/operators/index.js';
import type { Graph } from '../onnx/graph.js';
import type { Value } from '../onnx/value.js';
import type { ClipEncoderConfig } from './clip-encoder.js';
import { clipEncoderLayer, clipProjection, parseClipEncoderConfig } from './clip-encoder.js';
import type { ConfigReader } from './config-reader.js';
import { layerNorm, toTokens } from './layers.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- config ----

/** `vision_config` of a CLIPModel, or the config of a CLIPVisionModelWithProjection. In brackets: ViT-L/14, ViT-H/14. */
export interface ClipVisionConfig extends ClipEncoderConfig {
  /** [num_channels: 3, 3] */
  readonly channels: number;
  /** S [image_size: 224, 224] */
  readonly imageSize: number;
  /** p [patch_size: 14, 14] pixels that do not fill a patch, on the right and below, are not seen */
  readonly patchSize: number;
  /** P [projection_dim: 768, 1024] */
  readonly projection: number;
  /** True where the projection is stored as [D, P]; as [P, D] unless told. */
  readonly transposedProjection?: boolean;
}

export function parseClipVisionConfig(config: ConfigReader, projection: number): ClipVisionConfig {
  config.only('model_type', 'clip_vision_model');
  const vision = {
    ...parseClipEncoderConfig(config, { width: 768, mlpWidth: 3072, heads: 12 }),
    channels: config.integer('num_channels', 3),
    imageSize: config.integer('image_size', 224),
    patchSize: config.integer('patch_size', 32),
    projection,
  };
  if (vision.patchSize > vision.imageSize) {
    throw config.wrong('patch_size', `at most the image_size ${vision.imageSize}`);
  }
  return vision;
}

// ---------------------------------------------------------------------------------------------------- blocks ----

/** pixels [B, C, S, S] -> [B, 1 + N, D]: the class token and a vector for each patch, plus one for each place */
function embeddings(weights: Weights, config: ClipVisionConfig, pixels: Value): Value {
  const { channels, patchSize: p, width: D } = config;
  const kernel = weights.tensor('patch_embedding.weight', [D, channels, p, p]);
  const patches = toTokens(convolution(pixels, kernel, null, { stride: p })); // [B, N, D]
  const token = weights.tensor('class_embedding', [D], [1, 1, D]);
  const x = concat([expand(token, [pixels.size(0), 1, D]), patches], 1); // [B, 1 + N, D]
  return add(x, weights.tensor('position_embedding.weight', [x.size(1), D]));
}

// --------------------------------------------------------------------------------------------------- network ----

export interface PictureSizes {
  readonly batch: number;
}

/**
 * in   pixel_values [B, C, S, S], preprocessed (`metrics/clip-preprocessing.ts`)
 * out  image_embeds [B, P], not normalised
 */
export function clipVisionModel(graph: Graph, config: ClipVisionConfig, { batch }: PictureSizes): void {
  const weights = new Weights(graph, 'vision_model');
  const { channels, imageSize, width: D, epsilon, layers, projection: P, transposedProjection = false } = config;
  const pixels = graph.input('pixel_values', 'float32', [batch, channels, imageSize, imageSize]);

  let x = embeddings(weights.at('embeddings'), config, pixels); // [B, 1 + N, D]
  x = layerNorm(weights.at('pre_layrnorm'), x, epsilon); // the reference's own spelling
  for (let n = 0; n < layers; n++) {
    x = clipEncoderLayer(weights.at('encoder.layers', n), config, x, { causal: false });
  }
  const pooled = layerNorm(weights.at('post_layernorm'), reshape(slice(x, 1, 0, 1), [batch, D]), epsilon); // [B, D]
  const projection = new Weights(graph, 'visual_projection');
  graph.output('image_embeds', clipProjection(projection, pooled, P, transposedProjection));
}
