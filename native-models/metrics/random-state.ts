/**
 * numpy's legacy generator, so that subsets are those of torch-fidelity: MT19937 (Matsumoto and Nishimura 1998) with
 * `RandomState`'s way of drawing whole numbers and of shuffling, which numpy has frozen for ever (NEP 19).
 *
 * Reference: numpy 2.4, random/mtrand.pyx `permutation`, `choice`; src/distributions `random_interval`.
 */
const N = 624;
const M = 397;

export class RandomState {
  readonly #words = new Uint32Array(N);
  #next = N;

  /** @param seed of 0 to 2^53; numpy takes those below 2^32, and the upper bits of larger ones are mixed in. */
  constructor(seed: number) {
    const words = this.#words;
    words[0] = (seed >>> 0) ^ Math.floor(seed / 2 ** 32);
    for (let i = 1; i < N; i++) {
      const previous = words[i - 1]!;
      words[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
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
    if (this.#next === N) this.#advance();
    let y = this.#words[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #advance(): void {
    const words = this.#words;
    for (let i = 0; i < N; i++) {
      const mixed = (words[i]! & 0x80000000) | (words[(i + 1) % N]! & 0x7fffffff);
      words[i] = words[(i + M) % N]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
