/**
 * numpy's legacy generator, so that subsets are those of torch-fidelity: MT19937 (Matsumoto and Nishimura 1998) with
 * `RandomState`'s way of drawing whole numbers and of shuffling, which numpy has frozen for ever (NEP 19).
 *
 * Reference: numpy 2.4, random/mtrand.pyx `permutation`, `choice`; src/distributions `random_interval`.
 */
import { seededWords, STATE_WORDS, temper, twist } from '../noise/mersenne-twister.js';

export class RandomState {
  readonly #words: Uint32Array;
  #next = STATE_WORDS;

  /** @param seed of 0 to 2^53; numpy takes those below 2^32, and the upper bits of larger ones are mixed in. */
  constructor(seed: number) {
    this.#words = seededWords((seed >>> 0) ^ Math.floor(seed / 2 ** 32));
  }

  /** A whole number of 0..most. */
  interval(most: number): number {
    if (most === 0) return 0;
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const value = (this.#word() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  /** `RandomState.permutation(n)`. */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.interval(i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** `RandomState.choice(n, count, replace=False)`: so many of 0..n - 1, none twice. */
  choice(n: number, count: number): Uint32Array {
    return this.permutation(n).slice(0, count);
  }

  #word(): number {
    if (this.#next === STATE_WORDS) {
      twist(this.#words);
      this.#next = 0;
    }
    return temper(this.#words[this.#next++]!);
  }
}
