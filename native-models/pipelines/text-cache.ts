/**
 * What a network has read, remembered beside its key-value cache: which tokens the cached keys and values are of. A new
 * turn, an edit, a branch or another conversation keeps what it has in common with them, and only the rest is computed.
 */
import type { LanguageNetwork } from '../runtime/language-network.js';

export class TextCache {
  readonly network: LanguageNetwork;
  readonly #ids: number[] = [];

  constructor(network: LanguageNetwork) {
    this.network = network;
  }

  /**
   * Forgets all that is not the beginning of `ids`.
   *
   * @returns How many of `ids` are still there; never all of them, since what comes after the last one is asked for.
   */
  keep(ids: readonly number[]): number {
    // A run that failed may have left the network with more or less than is remembered here.
    const most = Math.min(this.#ids.length, this.network.length, ids.length - 1);
    let kept = 0;
    while (kept < most && ids[kept] === this.#ids[kept]) kept++;
    this.network.truncate(kept);
    this.#ids.length = kept;
    return kept;
  }

  /** Computes `ids` after what is there. @returns Logits [V] of what comes after the last one. */
  async read(ids: readonly number[]): Promise<Float32Array> {
    const logits = await this.network.forward(ids, 'last');
    for (const id of ids) this.#ids.push(id);
    return logits;
  }
}
