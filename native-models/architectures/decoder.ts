/**
 * A decoder of the Llama kind: token ids to the logits of each next token, with the keys and values of earlier tokens
 * as inputs. The families (`decoder-families/`) differ in their config only.
 *
 * Papers: Vaswani and others 2017, section 3; Touvron and others 2023 (Llama), section 2.2: norms come first, SwiGLU;
 * Su and others 2021 (rotary positions); Ainslie and others 2023 (grouped queries); Jiang and others 2023 (windows).
 * Reference: transformers 5.23.0, models/{llama,mistral,qwen2,qwen3}/modeling_*.py *ForCausalLM.
 *
 * What differs: cosines, sines and masks are inputs, made by who runs the graph, so that positions and windows are
 * arithmetic of the caller and not nodes; the head is computed only for the rows that are asked for.
 *
 * Tokens lie as rows [B * T, D] but for attention: a plain Gemm of one row is an eighth faster on the CPU than a product
 * that takes [B, T, D].
 *
 * B batch, T new tokens, P earlier tokens in the cache, S = P + T; V vocabulary, D width, H query heads, K heads of keys
 * and values, d size of a head.
 */
import type { Graph } from '../onnx/graph.js';
import {
  add,
  cachedAttention,
  concat,
  gather,
  groupedQueryAttention,
  lengthOf,
  multiply,
  queryRows,
  reshape,
  rotaryEmbedding,
} from '../onnx/operators/index.js';
import type { EarlierTokens, RotaryTable } from '../onnx/operators/index.js';
import type { Dim, Value } from '../onnx/value.js';
import type { DecoderConfig } from './decoder-config.js';
import { joinedLinear } from './joined-linear.js';
import { activate, embedding, linear, rmsNorm, tiedHead } from './layers.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- blocks ----

/** What the layers share: where tokens stand, and what each of them sees. */
interface Surroundings {
  readonly batch: number;
  readonly tokens: Dim;
  readonly rotary: RotaryTable;
  /** For a layer: its mask [B, T * H/K, S], and earlier keys and values if there is a cache. */
  readonly mask: (layer: number) => Value;
  readonly past: (layer: number) => EarlierTokens | null;
}

/** Keys and values of the new tokens, [B, T, K * d] each, keys turned to their positions. */
interface NewRows {
  readonly keys: Value;
  readonly values: Value;
}

/** x [B * T, D] -> the same, and what the cache gets */
function selfAttention(
  weights: Weights,
  config: DecoderConfig,
  layer: number,
  x: Value,
  { batch, tokens, rotary, mask, past }: Surroundings,
): { y: Value; rows: NewRows } {
  const { heads: H, keyValueHeads: K, headSize: d, biases, epsilon, rotary: turning } = config;
  const widths = { q_proj: H * d, k_proj: K * d, v_proj: K * d };
  const projected = joinedLinear(weights, x, widths, { bias: biases.queryKeyValue, rows: [batch, tokens] });
  const normed = (name: string, value: Value, count: number): Value => {
    if (!config.queryKeyNorm) return value;
    const byHead = reshape(value, [batch, tokens, count, d]);
    return reshape(rmsNorm(weights.at(name), byHead, epsilon), [batch, tokens, count * d]);
  };
  const turned = (value: Value, count: number): Value =>
    rotaryEmbedding(value, rotary, { heads: count, pairing: turning.pairing });

  const queries = turned(normed('q_norm', projected.q_proj, H), H); // [B, T, H * d]
  const keys = turned(normed('k_norm', projected.k_proj, K), K); // [B, T, K * d]
  const values = projected.v_proj; // [B, T, K * d]

  const earlier = past(layer);
  const sizes = { heads: H, keyValueHeads: K };
  const mixed = earlier
    ? cachedAttention(queries, keys, values, earlier, mask(layer), sizes)
    : groupedQueryAttention(queries, keys, values, mask(layer), sizes); // [B, T, H * d]
  const flat = reshape(mixed, [rowsOf(batch, tokens), H * d]);
  return { y: linear(weights.at('o_proj'), flat, config.width, { bias: biases.output }), rows: { keys, values } };
}

/** SwiGLU (Shazeer 2020): x [B * T, D] -> the same */
function mlp(weights: Weights, { width: D, mlpWidth, biases: { mlp: bias } }: DecoderConfig, x: Value): Value {
  const { gate_proj: gate, up_proj: up } = joinedLinear(
    weights,
    x,
    { gate_proj: mlpWidth, up_proj: mlpWidth },
    { bias },
  );
  return linear(weights.at('down_proj'), multiply(activate(gate, 'silu'), up), D, { bias });
}

/** x [B * T, D] -> the same */
function decoderLayer(
  weights: Weights,
  config: DecoderConfig,
  layer: number,
  x: Value,
  surroundings: Surroundings,
): { y: Value; rows: NewRows } {
  const normed = rmsNorm(weights.at('input_layernorm'), x, config.epsilon);
  const { y, rows } = selfAttention(weights.at('self_attn'), config, layer, normed, surroundings);
  x = add(x, y);
  const again = rmsNorm(weights.at('post_attention_layernorm'), x, config.epsilon);
  return { y: add(x, mlp(weights.at('mlp'), config, again)), rows };
}

/** ids [B, T] -> [B * T, D], after the last norm */
function decoderLayers(graph: Graph, config: DecoderConfig, ids: Value, surroundings: Surroundings): Value {
  const model = new Weights(graph, 'model');
  const words = embedding(model.at('embed_tokens'), ids, config.vocabularySize, config.width); // [B, T, D]
  let x = reshape(words, [rowsOf(surroundings.batch, surroundings.tokens), config.width]);
  for (let n = 0; n < config.layers; n++) {
    const { y, rows } = decoderLayer(model.at('layers', n), config, n, x, surroundings);
    x = y;
    if (surroundings.past(n)) {
      graph.output(newKeys(n), rows.keys);
      graph.output(newValues(n), rows.values);
    }
  }
  return rmsNorm(model.at('norm'), x, config.epsilon);
}

/** [N, D] -> [N, V] */
function head(graph: Graph, config: DecoderConfig, x: Value): Value {
  if (config.tiedHead) return tiedHead(new Weights(graph, 'model.embed_tokens'), x, config.vocabularySize);
  return linear(new Weights(graph, 'lm_head'), x, config.vocabularySize, { bias: false });
}

// --------------------------------------------------------------------------------------------------- network ----

/** Names of the layer's earlier and new rows. */
export const pastKeys = (layer: number): string => `past.${layer}.keys`;
export const pastValues = (layer: number): string => `past.${layer}.values`;
export const newKeys = (layer: number): string => `new.${layer}.keys`;
export const newValues = (layer: number): string => `new.${layer}.values`;

/** Layers of one window see the same earlier tokens and have one mask. */
export const maskName = (window: number | null): string => (window === null ? 'mask' : `mask.${window}`);

/** The windows that a config's layers have, each once. */
export function distinctWindows({ windows }: DecoderConfig): (number | null)[] {
  return [...new Set(windows)];
}

/**
 * One text, some tokens at a time, after those whose keys and values are at hand.
 *
 * in   input_ids [1, T]
 *      cos, sin [T, d / 2]            of the new tokens' positions
 *      rotary_rows [1, T]             0, 1, 2 ...: the row of each token in cos and sin
 *      mask, mask.W [1, T * H/K, P + T]   0 where a token sees another, else very negative: a row for each token and
 *                                     query head of a group; one mask for the layers of each window W
 *      past.N.keys, past.N.values [P, K, d]   P is at least 1; it may be another one for each window
 *      logit_rows [R]                 the tokens whose logits are wanted
 * out  logits [R, V]
 *      new.N.keys, new.N.values [1, T, K * d]
 */
export function cachedDecoder(graph: Graph, config: DecoderConfig): void {
  const tokens = 'tokens';
  const ids = graph.input('input_ids', 'int64', [1, tokens], { below: config.vocabularySize });
  const rotary = rotaryInputs(graph, config, 1, tokens);
  const pastOf = (window: number | null): string => (window === null ? 'past' : `past within ${window}`);
  const masks = new Map(
    distinctWindows(config).map((window) => {
      const shape = [1, queryRows(tokens, config), `${pastOf(window)} + ${tokens}`];
      return [window, graph.input(maskName(window), 'float32', shape)];
    }),
  );
  const lengths = new Map<number | null, Value>();
  const past = config.windows.map((window, n) => {
    const shape = [pastOf(window), config.keyValueHeads, config.headSize];
    const keys = graph.input(pastKeys(n), 'float32', shape);
    const known = lengths.get(window) ?? concat([lengthOf(keys, 0), lengthOf(ids, 1)], 0);
    lengths.set(window, known);
    return { keys, values: graph.input(pastValues(n), 'float32', shape), lengths: known };
  });
  const rows = graph.input('logit_rows', 'int64', ['rows']);

  const x = decoderLayers(graph, config, ids, {
    batch: 1,
    tokens,
    rotary,
    mask: (layer) => masks.get(config.windows[layer] ?? null) as Value,
    past: (layer) => past[layer] ?? null,
  }); // [T, D]
  graph.output('logits', head(graph, config, gather(x, rows))); // [R, V]
}

export interface DecoderSizes {
  readonly batch: number;
  readonly tokens: number;
}

/**
 * Whole texts at once, side by side, without a cache.
 *
 * in   input_ids [B, T]
 *      cos, sin [B * T, d / 2], rotary_rows [B, T]
 *      mask, mask.W [B, T * H/K, T]
 * out  logits [B, T, V]
 */
export function batchDecoder(graph: Graph, config: DecoderConfig, { batch, tokens }: DecoderSizes): void {
  const ids = graph.input('input_ids', 'int64', [batch, tokens], { below: config.vocabularySize });
  const rotary = rotaryInputs(graph, config, batch, tokens);
  const masks = new Map(
    distinctWindows(config).map((window) => {
      const shape = [batch, queryRows(tokens, config), tokens];
      return [window, graph.input(maskName(window), 'float32', shape)];
    }),
  );
  const x = decoderLayers(graph, config, ids, {
    batch,
    tokens,
    rotary,
    mask: (layer) => masks.get(config.windows[layer] ?? null) as Value,
    past: () => null,
  }); // [B * T, D]
  graph.output('logits', reshape(head(graph, config, x), [batch, tokens, config.vocabularySize]));
}

function rotaryInputs(graph: Graph, { headSize }: DecoderConfig, batch: number, tokens: Dim): RotaryTable {
  const shape = [rowsOf(batch, tokens), headSize / 2];
  return {
    cos: graph.input('cos', 'float32', shape),
    sin: graph.input('sin', 'float32', shape),
    rows: graph.input('rotary_rows', 'int64', [batch, tokens]),
  };
}

/** B * T; a symbolic T has a batch of one. */
function rowsOf(batch: number, tokens: Dim): Dim {
  return typeof tokens === 'number' ? batch * tokens : tokens;
}
