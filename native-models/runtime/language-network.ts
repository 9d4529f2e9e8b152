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
   * last.
   */
  forward(ids: readonly number[], logits: 'last' | 'all'): Promise<Float32Array>;
  release(): Promise<void>;
}
