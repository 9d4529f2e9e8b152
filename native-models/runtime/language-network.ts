/**
 * A language model at work: its graph, and the keys and values of every token it has read.
 *
 * The cache is ours, not the runtime's: two Float32Arrays a layer, token by token. Their beginnings are fed to the
 * graph as they lie, without a copy, and only the new tokens' rows come back. Forgetting tokens costs nothing.
 */
import { authorNetwork, requireNoLayerUnused } from '../architectures/author-network.js';
import type { DecoderSizes } from '../architectures/decoder.js';
import { distinctWindows, maskName, newKeys, newValues, pastKeys, pastValues } from '../architectures/decoder.js';
import type { DecoderConfig } from '../architectures/decoder-config.js';
import { causalMask, rotaryTable } from '../architectures/decoder-surroundings.js';
import { ModelError } from '../errors.js';
import type { QuantizedCompute } from '../onnx/operators/index.js';
import type { LanguageFiles } from '../weight-formats/language-folder.js';
import { requireFinite } from '../weight-formats/non-finite.js';
import { SafetensorsWeights } from '../weight-formats/safetensors-weights.js';
import type { Device } from './devices.js';
import { verifyFiles } from './file-identity.js';
import type { Network } from './network.js';
import { openGraph } from './open-graph.js';
import { float32Bytes } from './open-network.js';
import type { WeightsMode } from './session-options.js';
import { languageWeightsMode } from './session-options.js';
import type { Tensor } from './tensor.js';
import { floats, ints } from './tensor.js';

/** A decoder-only network with its key-value cache. Not for two callers at once. */
export interface LanguageNetwork {
  readonly vocabulary: number;
  /** Most tokens that a text may have, prompt and answer together. */
  readonly contextLength: number;
  /** Tokens whose keys and values are in the cache. */
  readonly length: number;
  /** Forget all but the first `length` tokens: a branch, an edit, another conversation. */
  truncate(length: number): void;
  /**
   * Computes `ids` after the cached ones and adds them to the cache. Logits [T, V] of all of them, or [1, V] of the
   * last. Blocks this thread while it runs. After an error the cache is as it was.
   */
  forward(ids: readonly number[], logits: 'last' | 'all'): Promise<Float32Array>;
  release(): Promise<void>;
}

export interface LanguageNetworkOptions {
  readonly device: Device;
  /** Fewer tokens than the model could hold, for less memory. */
  readonly contextLength?: number;
  /** What quantised weights are multiplied in: `int8` unless told. */
  readonly quantizedCompute?: QuantizedCompute;
  /** `languageWeightsMode` unless told. */
  readonly weightsMode?: WeightsMode;
  /** Keep weights in a copy of their own, as products of few rows like them: unless told, where memory allows. */
  readonly packWeights?: boolean;
  /** Prefix of the files for a profile of every node. */
  readonly profile?: string;
}

/** A cache grows with the text; memory for a long one is told beforehand by `keyValueBytes`. */
export async function openLanguageNetwork(
  files: LanguageFiles,
  options: LanguageNetworkOptions,
): Promise<LanguageNetwork> {
  const { contextLength = Infinity } = options;
  const network = await openDecoder(files, null, options);
  return new CachedLanguageNetwork(network, files.config, Math.min(contextLength, files.config.contextLength));
}

/** The bare graph: with `sizes` of whole texts side by side, without them of one text with a cache. */
export async function openDecoder(
  { config, weights, identities }: LanguageFiles,
  sizes: DecoderSizes | null,
  options: Omit<LanguageNetworkOptions, 'contextLength'>,
): Promise<Network> {
  const { device, quantizedCompute, profile } = options;
  await verifyFiles(identities);
  if (weights instanceof SafetensorsWeights) for (const file of weights.files) await requireFinite(file);
  const graph = authorNetwork(
    { component: 'llm', config, ...(sizes ? { sizes } : {}) },
    { device, weights, ...(quantizedCompute ? { quantizedCompute } : {}) },
  );
  requireNoLayerUnused([graph], weights);
  const { weightsMode = languageWeightsMode(float32Bytes(graph), device) } = options;
  const quantized = graph.nodes.some(({ operator }) => operator === 'MatMulNBits');
  // A packed copy saves a quarter of a token's time (43 ms against 56, SmolLM2-135M); quantised products need theirs.
  const { packWeights = quantized || weightsMode === 'fold' } = options;
  return openGraph(graph, { weightsMode, packWeights, ...(profile ? { profile } : {}) });
}

/** The cache grows by so many tokens at a time. */
const CACHE_STEP = 512;

/** Memory of the cache for a text of so many tokens: keys and values, float32. */
export function keyValueBytes(
  { layers, keyValueHeads, headSize }: Pick<DecoderConfig, 'layers' | 'keyValueHeads' | 'headSize'>,
  tokens: number,
): number {
  return 2 * layers * keyValueHeads * headSize * 4 * tokens;
}

/** Scores of all heads at a time: what every WebGPU adapter binds at once. */
const SCORE_BYTES = 128 << 20;

class CachedLanguageNetwork implements LanguageNetwork {
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly #network: Network;
  readonly #config: DecoderConfig;
  /** Numbers of one token in one array. */
  readonly #row: number;
  readonly #caches: { keys: Float32Array; values: Float32Array }[];
  #capacity = 0;
  #length = 0;
  #busy = false;

  constructor(network: Network, config: DecoderConfig, contextLength: number) {
    this.vocabulary = config.vocabularySize;
    this.contextLength = contextLength;
    this.#network = network;
    this.#config = config;
    this.#row = config.keyValueHeads * config.headSize;
    this.#caches = Array.from({ length: config.layers }, () => ({
      keys: new Float32Array(),
      values: new Float32Array(),
    }));
  }

  get length(): number {
    return this.#length;
  }

  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new RangeError(`the cache holds ${this.#length} tokens, it cannot be cut to ${length}`);
    }
    this.#length = length;
  }

  async forward(ids: readonly number[], logits: 'last' | 'all'): Promise<Float32Array> {
    if (this.#busy) throw new TypeError('a language network computes one text at a time');
    if (ids.length === 0) throw new RangeError('there is no token to compute');
    const needed = this.#length + ids.length;
    if (needed > this.contextLength) {
      const sentence = `The text has ${needed} tokens; this model holds ${this.contextLength} in its context.`;
      throw new ModelError('bad-input', sentence);
    }
    this.#busy = true;
    const before = this.#length;
    try {
      this.#grow(needed);
      return await this.#compute(ids, logits);
    } catch (error) {
      this.#length = before;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async release(): Promise<void> {
    this.#length = 0;
    this.#capacity = 0;
    for (const cache of this.#caches) cache.keys = cache.values = new Float32Array();
    await this.#network.release();
  }

  /** In pieces whose scores fit, which is the same as in one. */
  async #compute(ids: readonly number[], logits: 'last' | 'all'): Promise<Float32Array> {
    const all = new Float32Array((logits === 'all' ? ids.length : 1) * this.vocabulary);
    for (let first = 0; first < ids.length;) {
      const rows = Math.floor(SCORE_BYTES / (4 * this.#config.heads * (this.#length + ids.length - first)));
      const piece = ids.slice(first, first + Math.max(1, rows));
      const wanted = logits === 'all' ? [...piece.keys()] : [piece.length - 1];
      all.set(await this.#run(piece, wanted), logits === 'all' ? first * this.vocabulary : 0);
      first += piece.length;
    }
    return all;
  }

  async #run(ids: readonly number[], wanted: readonly number[]): Promise<Float32Array> {
    const T = ids.length;
    const places = [...ids.keys()];
    const { cos, sin } = rotaryTable(
      this.#config,
      places.map((t) => this.#length + t),
    );
    const half = this.#config.headSize / 2;
    const inputs: Record<string, Tensor> = {
      input_ids: ints([1, T], ids),
      cos: floats([T, half], cos),
      sin: floats([T, half], sin),
      rotary_rows: ints([1, T], places),
      logit_rows: ints([wanted.length], wanted),
    };
    const group = this.#config.heads / this.#config.keyValueHeads;
    for (const window of distinctWindows(this.#config)) {
      const { fed, blank } = this.#fedFor(window);
      const mask = causalMask({ past: this.#length, fed, blank, tokens: T, window }, group);
      inputs[maskName(window)] = floats([1, T * group, blank + fed + T], mask);
    }
    for (const [n, { keys, values }] of this.#caches.entries()) {
      const { fed, blank } = this.#fedFor(this.#config.windows[n] ?? null);
      const shape = [blank + fed, this.#config.keyValueHeads, this.#config.headSize];
      const [from, to] = [(this.#length - fed) * this.#row, (this.#length + blank) * this.#row];
      inputs[pastKeys(n)] = floats(shape, keys.subarray(from, to));
      inputs[pastValues(n)] = floats(shape, values.subarray(from, to));
    }
    const outputs = await this.#network.run(inputs);
    for (const [n, { keys, values }] of this.#caches.entries()) {
      keys.set(floatsOf(outputs[newKeys(n)]), this.#length * this.#row);
      values.set(floatsOf(outputs[newValues(n)]), this.#length * this.#row);
    }
    this.#length += T;
    return floatsOf(outputs['logits']);
  }

  /**
   * Earlier tokens that a window of the first new token reaches; none at all is one row that nobody sees, because a
   * product over nothing is no product on some devices.
   */
  #fedFor(window: number | null): { fed: number; blank: number } {
    const fed = window === null ? this.#length : Math.min(this.#length, window - 1);
    return { fed, blank: fed === 0 ? 1 : 0 };
  }

  #grow(tokens: number): void {
    // One row more: the unseen one at the beginning of a text.
    const needed = tokens + 1;
    if (needed <= this.#capacity) return;
    const capacity = Math.min(Math.ceil(needed / CACHE_STEP) * CACHE_STEP, this.contextLength + 1);
    try {
      for (const cache of this.#caches) {
        cache.keys = grown(cache.keys, capacity * this.#row, this.#length * this.#row);
        cache.values = grown(cache.values, capacity * this.#row, this.#length * this.#row);
      }
    } catch (cause) {
      const sentence = `The memory does not hold a text of ${tokens} tokens. Choose a shorter context or a smaller model.`;
      throw new ModelError('out-of-memory', sentence, { cause });
    }
    this.#capacity = capacity;
  }
}

function grown(old: Float32Array, size: number, kept: number): Float32Array {
  if (old.length >= size) return old; // grown before a failure further on
  const larger = new Float32Array(size);
  larger.set(old.subarray(0, kept));
  return larger;
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32') throw new TypeError('a decoder gives float32');
  return tensor.data;
}
