/**
 * CLIP's text tower, the text encoder of Stable Diffusion: token ids to a vector for each token and one for all.
 *
 * Paper: Radford and others 2021, section 2.4 (a GPT-2 style transformer, Radford and others 2019).
 * Reference: transformers 5.23.0, models/clip/modeling_clip.py CLIPTextModel, CLIPTextModelWithProjection.
 *
 * What differs: no attention mask but the causal one (padding is seen, as Stable Diffusion was trained), no dropout.
 *
 * B batch, T tokens, D width of a token, L layers, P width of the projection.
 */
import { ModelError } from '../errors.js';
import type { Graph } from '../onnx/graph.js';
import { add, argMax, cast, equal, gather, pickPerRow, slice } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { ClipEncoderConfig } from './clip-encoder.js';
import { clipEncoderLayer, clipProjection, parseClipEncoderConfig } from './clip-encoder.js';
import type { ConfigReader } from './config-reader.js';
import { layerNorm } from './layers.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- config ----

/**
 * `text_encoder/config.json`, read. In brackets: the field, then SD 1.5, SD 2, SDXL's second encoder. Of the layers:
 * hidden_size 768, 1024, 1280; intermediate_size 3072, 4096, 5120; num_attention_heads 12, 16, 20; num_hidden_layers
 * 12, 23, 32 (SD 2 ships one layer less than its CLIP had); hidden_act quick_gelu, gelu, gelu.
 */
export interface ClipTextConfig extends ClipEncoderConfig {
  /** [vocab_size: 49408, 49408, 49408] */
  readonly vocabularySize: number;
  /** [max_position_embeddings: 77, 77, 77] */
  readonly positions: number;
  /** [eos_token_id: 2 or 49407] the token that the pooled vector is taken at; 2 in old files: the largest id */
  readonly endToken: number;
  /** [projection_dim: 768, 512, 1280] only where `architectures` says CLIPTextModelWithProjection; else null */
  readonly projection: number | null;
  /** True where the projection is stored as [D, P]; as [P, D] unless told. */
  readonly transposedProjection?: boolean;
}

export function parseClipTextConfig(config: ConfigReader): ClipTextConfig {
  const architectures = config.texts('architectures', ['CLIPTextModel']);
  const projected = architectures.includes('CLIPTextModelWithProjection');
  if (!projected && !architectures.includes('CLIPTextModel')) {
    throw config.unsupported('architectures', 'known: CLIPTextModel, CLIPTextModelWithProjection');
  }
  return parseClipTextTower(config, projected ? config.integer('projection_dim', 512) : null);
}

/** The same inside a whole CLIP, whose own config tells the projection. */
export function parseClipTextTower(config: ConfigReader, projection: number | null): ClipTextConfig {
  config.only('model_type', 'clip_text_model');
  return {
    ...parseClipEncoderConfig(config, { width: 512, mlpWidth: 2048, heads: 8 }),
    vocabularySize: config.integer('vocab_size', 49408),
    positions: config.integer('max_position_embeddings', 77),
    endToken: config.integer('eos_token_id', 49407, 0),
    projection,
  };
}

// ---------------------------------------------------------------------------------------------------- blocks ----

/** ids [B, T] -> [B, T, D]: a vector for the token plus one for its place */
function embeddings(weights: Weights, config: ClipTextConfig, ids: Value): Value {
  const words = weights.tensor('token_embedding.weight', [config.vocabularySize, config.width]);
  const places = weights.tensor('position_embedding.weight', [config.positions, config.width]);
  return add(gather(words, ids), slice(places, 0, 0, ids.size(1)));
}

/** The vector at the first end token: x [B, T, D], ids [B, T] -> [B, D] */
function pool(config: ClipTextConfig, x: Value, ids: Value): Value {
  // Files from before transformers 4.31 say 2, which is not the end token's id but always meant "the largest id".
  const numbers = cast(ids, 'float32'); // exact below 2^24
  const marks = config.endToken === 2 ? numbers : cast(equal(numbers, config.endToken), 'float32');
  return pickPerRow(x, argMax(marks));
}

// --------------------------------------------------------------------------------------------------- network ----

export interface TextSizes {
  readonly batch: number;
  readonly tokens: number;
}

/** Every output this network can have, in order: what `run` offers. */
export function clipTextOutputs(config: ClipTextConfig): readonly string[] {
  const layers = Array.from({ length: config.layers + 1 }, (_, n) => n);
  return [
    'last_hidden_state',
    config.projection === null ? 'pooler_output' : 'text_embeds',
    ...layers.map((n) => `hidden_states.${n}`),
    ...layers.map((n) => `normalized_hidden_states.${n}`),
  ];
}

/**
 * in   input_ids [B, T]
 * out  those asked for of
 *      last_hidden_state [B, T, D], after the final layer norm
 *      hidden_states.N [B, T, D]: 0 the embedding sum, N the output of layer N, before the final layer norm
 *      normalized_hidden_states.N [B, T, D]: the same after the final layer norm ("clip skip" L - N of SD 1 and 2)
 *      pooler_output [B, D] or, with a projection, text_embeds [B, P]
 */
export function clipTextModel(
  graph: Graph,
  config: ClipTextConfig,
  sizes: TextSizes,
  outputs: readonly string[],
): void {
  const weights = new Weights(graph, 'text_model');
  const ids = graph.input('input_ids', 'int64', [sizes.batch, sizes.tokens], { below: config.vocabularySize });

  const states = [embeddings(weights.at('embeddings'), config, ids)];
  for (let n = 0; n < config.layers; n++) {
    states.push(clipEncoderLayer(weights.at('encoder.layers', n), config, states[n] as Value, { causal: true })); // [B, T, D]
  }
  const normalized = (x: Value): Value => layerNorm(weights.at('final_layer_norm'), x, config.epsilon);
  const last = normalized(states[config.layers] as Value); // [B, T, D]
  const pooled = pool(config, last, ids); // [B, D]

  const known = new Map([['last_hidden_state', () => last]]);
  for (const [n, x] of states.entries()) {
    known.set(`hidden_states.${n}`, () => x);
    known.set(`normalized_hidden_states.${n}`, () => (n === config.layers ? last : normalized(x)));
  }
  const { projection, transposedProjection = false } = config;
  if (projection === null) known.set('pooler_output', () => pooled);
  else {
    const projected = clipProjection(new Weights(graph, 'text_projection'), pooled, projection, transposedProjection);
    known.set('text_embeds', () => projected); // [B, P]
  }
  for (const name of outputs) {
    const value = known.get(name);
    if (!value)
      throw new ModelError(
        'bad-input',
        `The text encoder has no output ${name}; it has ${[...known.keys()].join(', ')}.`,
      );
    graph.output(name, value());
  }
}

/** Names as transformers 5 saves a bare CLIPTextModel: without the prefix that every older file has. */
export function nameWithoutPrefix(name: string): string {
  return name.replace(/^text_model\./, '');
}
