/**
 * The generated pictures drawn anew with replacement, many times at once: bit b of a picture's words says that it is in the
 * b-th draw. What some picture of a draw reaches is then the bits of all pictures that reach it, together: one pass over
 * the distances tells a share for every draw, and no distance is kept (the bootstrap of Efron 1979).
 */
import type { RandomState } from './random-state.js';

/** A multiple of 32. */
export const DRAWS = 192;
const WORDS = DRAWS / 32;

/** [N, words] */
export function drawGenerated(n: number, random: RandomState): Uint32Array {
  const bits = new Uint32Array(n * WORDS);
  for (let draw = 0; draw < DRAWS; draw++) {
    for (let i = 0; i < n; i++) bits[random.interval(n - 1) * WORDS + (draw >> 5)]! |= 1 << (draw & 31);
  }
  return bits;
}

/** Reference pictures, and the draws in which some generated picture reaches each. */
export class Reached {
  readonly #drawn: Uint32Array;
  readonly #bits: Uint32Array;
  readonly #ever: Uint8Array;

  /** @param drawn of `drawGenerated` */
  constructor(rows: number, drawn: Uint32Array) {
    this.#drawn = drawn;
    this.#bits = new Uint32Array(rows * WORDS);
    this.#ever = new Uint8Array(rows);
  }

  /** This generated picture reaches this reference picture. */
  add(generated: number, reference: number): void {
    this.#ever[reference] = 1;
    const [from, to] = [generated * WORDS, reference * WORDS];
    for (let word = 0; word < WORDS; word++) this.#bits[to + word]! |= this.#drawn[from + word]!;
  }

  /** Share of the reference pictures that some generated one reaches. */
  get share(): number {
    return this.#ever.reduce((sum, hit) => sum + hit, 0) / this.#ever.length;
  }

  /** The same in each draw; lower on average, since a draw has fewer different pictures. */
  get sharesOfDraws(): Float64Array {
    const counts = new Float64Array(DRAWS);
    for (let start = 0; start < this.#bits.length; start += WORDS) {
      for (let draw = 0; draw < DRAWS; draw++) counts[draw]! += (this.#bits[start + (draw >> 5)]! >>> (draw & 31)) & 1;
    }
    return counts.map((count) => count / this.#ever.length);
  }
}
