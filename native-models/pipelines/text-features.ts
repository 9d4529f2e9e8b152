/**
 * Texts to CLIP's vectors. The text tower looks back only and is read at the end mark, so that places after it change
 * nothing: short texts run in a short graph.
 *
 * B batch, T tokens, D width of the vectors.
 */
import type { Device } from '../runtime/devices.js';
import type { Network } from '../runtime/network.js';
import { openNetwork } from '../runtime/open-network.js';
import { ints } from '../runtime/tensor.js';
import type { ClipTokenizer, EncodedPrompt } from '../tokenizers/clip-tokenizer.js';
import type { ClipFiles } from '../weight-formats/component-folder.js';

/** Texts side by side; what is left over goes through with empty ones beside it. */
const textBatch = 8;

/** A caption of twenty words fits. */
const shortLength = 26;

export interface TextVectors {
  /** [texts, D], not normalised. */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** Places of the texts that were longer than the tower reads: cut, their end mark kept. */
  readonly cut: readonly number[];
}

export class TextFeatures {
  readonly #opened = new Map<number, Network>();

  constructor(
    readonly dimensions: number,
    readonly tokenizer: ClipTokenizer,
    private readonly open: (sizes: { batch: number; tokens: number }) => Promise<Network>,
  ) {}

  async vectors(texts: readonly string[]): Promise<TextVectors> {
    const encoded = texts.map((text, place) => ({ place, ...this.tokenizer.encode(text) }));
    const cut = encoded.filter(({ truncated }) => truncated > 0).map(({ place }) => place);
    const vectors = new Float32Array(texts.length * this.dimensions);
    // Long ones together, so that as few as possible run long.
    const byLength = encoded.toSorted((a, b) => a.tokens - b.tokens);
    for (let done = 0; done < byLength.length; done += textBatch) {
      const batch = byLength.slice(done, done + textBatch);
      const rows = await this.#run(batch);
      for (const [row, { place }] of batch.entries()) {
        const vector = rows.subarray(row * this.dimensions, (row + 1) * this.dimensions);
        vectors.set(vector, place * this.dimensions);
      }
    }
    return { vectors, cut };
  }

  /** Closes the network; memory goes back to the system. */
  async release(): Promise<void> {
    const networks = [...this.#opened.values()];
    this.#opened.clear();
    for (const network of networks) await network.release();
  }

  async #run(batch: readonly EncodedPrompt[]): Promise<Float32Array> {
    const { maxLength } = this.tokenizer;
    const longest = Math.max(...batch.map(({ tokens }) => tokens + 2));
    const length = longest <= shortLength ? Math.min(shortLength, maxLength) : maxLength;
    const ids = Array.from({ length: textBatch }, (_, row) => (batch[row] ?? batch[0]!).ids.slice(0, length)).flat();
    const network = this.#opened.get(length) ?? (await this.open({ batch: textBatch, tokens: length }));
    this.#opened.set(length, network);
    const { text_embeds: vectors } = await network.run({ input_ids: ints([textBatch, length], ids) });
    if (vectors?.dtype !== 'float32') throw new TypeError('text_embeds is float32');
    return vectors.data;
  }
}

/** CLIP's text tower; null where a file holds the vision tower alone. */
export function clipTextFeatures(files: ClipFiles, tokenizer: ClipTokenizer, device: Device): TextFeatures {
  return new TextFeatures(files.config.vision.projection, tokenizer, (sizes) =>
    openNetwork({ component: 'clip_text', files, device, sizes }),
  );
}
