/** What the network of a decoder is made of, whatever file it was read from: `config.json` or a GGUF's keys. */
import type { RotaryPairing } from '../onnx/operators/index.js';
import type { ConfigReader } from './config-reader.js';
import type { RotaryFrequencies } from './rotary-frequencies.js';
import { readRotaryFrequencies } from './rotary-frequencies.js';

/** In brackets: the field of `config.json`; then its value in SmolLM2-135M, Llama-3.2-1B, Qwen3-0.6B. */
export interface DecoderConfig {
  /** [model_type: llama, llama, qwen3] */
  readonly family: string;
  /** V [vocab_size: 49152, 128256, 151936] */
  readonly vocabularySize: number;
  /** D [hidden_size: 576, 2048, 1024] */
  readonly width: number;
  /** [intermediate_size: 1536, 8192, 3072] */
  readonly mlpWidth: number;
  /** L [num_hidden_layers: 30, 16, 28] */
  readonly layers: number;
  /** H [num_attention_heads: 9, 32, 16] */
  readonly heads: number;
  /** K [num_key_value_heads: 3, 8, 8] */
  readonly keyValueHeads: number;
  /** d [head_dim: 64, 64, 128] */
  readonly headSize: number;
  /** Most tokens of a text [max_position_embeddings: 8192, 131072, 40960] */
  readonly contextLength: number;
  /** [rms_norm_eps: 1e-5, 1e-5, 1e-6] */
  readonly epsilon: number;
  readonly rotary: RotaryFrequencies & { readonly pairing: RotaryPairing };
  /** For each layer: how many tokens a token sees, itself among them; null: all before it [sliding_window] */
  readonly windows: readonly (number | null)[];
  /** [attention_bias] of q_proj, k_proj and v_proj, and of o_proj */
  readonly biases: { readonly queryKeyValue: boolean; readonly output: boolean; readonly mlp: boolean };
  /** An RMS norm of each head's queries and keys before they are turned (Qwen3). */
  readonly queryKeyNorm: boolean;
  /** The head is the embedding table [tie_word_embeddings: true, true, true] */
  readonly tiedHead: boolean;
}

/** What the families read in the same way, with the values that transformers takes when a field is absent. */
export interface DecoderDefaults {
  readonly family: string;
  readonly vocabularySize: number;
  readonly width: number;
  readonly mlpWidth: number;
  readonly layers: number;
  readonly heads: number;
  /** Null: as many as there are heads. */
  readonly keyValueHeads: number | null;
  /** Null: the width divided among the heads. */
  readonly headSize: number | null;
  readonly contextLength: number;
}

/** Far above any real decoder: a config that says more is broken, and lists as long would fill the memory. */
const MOST_LAYERS = 1000;

export function readDecoderConfig(
  config: ConfigReader,
  absent: DecoderDefaults,
  family: Pick<DecoderConfig, 'biases' | 'queryKeyNorm'> & {
    readonly windows: (layers: number) => DecoderConfig['windows'];
  },
): DecoderConfig {
  config.choice('hidden_act', 'silu', ['silu', 'swish']);
  const width = config.integer('hidden_size', absent.width);
  const layers = config.integer('num_hidden_layers', absent.layers);
  if (layers > MOST_LAYERS) throw config.wrong('num_hidden_layers', `at most ${MOST_LAYERS}`);
  const heads = config.integer('num_attention_heads', absent.heads);
  const keyValueHeads = config.integer('num_key_value_heads', absent.keyValueHeads ?? heads);
  const headSize = config.integer('head_dim', absent.headSize ?? Math.floor(width / heads));
  if (heads % keyValueHeads !== 0) throw config.wrong('num_key_value_heads', `a divisor of ${heads} heads`);
  if (headSize % 2 !== 0) throw config.wrong('head_dim', 'even');
  const trained = config.integer('max_position_embeddings', absent.contextLength);
  const rotary = readRotaryFrequencies(config, headSize, trained);
  return {
    family: absent.family,
    vocabularySize: config.integer('vocab_size', absent.vocabularySize),
    width,
    mlpWidth: config.integer('intermediate_size', absent.mlpWidth),
    layers,
    heads,
    keyValueHeads,
    headSize,
    contextLength: rotary.contextLength,
    epsilon: config.number('rms_norm_eps', 1e-6),
    rotary: { ...rotary, pairing: 'halves' },
    windows: family.windows(layers),
    biases: family.biases,
    queryKeyNorm: family.queryKeyNorm,
    tiedHead: config.flag('tie_word_embeddings', false),
  };
}

export const noWindows = (layers: number): null[] => new Array<null>(layers).fill(null);

/** 4096 where the field is absent, as in Mistral 7B v0.1; null there means none. */
export function slidingWindow(config: ConfigReader): number | null {
  return config.json['sliding_window'] === null ? null : config.integer('sliding_window', 4096);
}

/**
 * Qwen's windows: `layer_types` (transformers 5), else layers from `max_window_layers` on; none of it without
 * `use_sliding_window`.
 */
export function qwenWindows(config: ConfigReader, layers: number): DecoderConfig['windows'] {
  const window = config.flag('use_sliding_window', false) ? slidingWindow(config) : null;
  const first = config.integer('max_window_layers', 28, 0);
  const byNumber = Array.from({ length: layers }, (_, n) =>
    window !== null && n >= first ? 'sliding_attention' : 'full_attention',
  );
  const types = config.perBlock('layer_types', config.texts('layer_types', byNumber), layers);
  return types.map((type) => {
    if (type === 'full_attention') return null;
    if (type === 'sliding_attention') return window;
    throw config.unsupported('layer_types', 'known: full_attention, sliding_attention');
  });
}
