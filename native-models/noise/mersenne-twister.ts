/**
 * MT19937 (Matsumoto and Nishimura 1998, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
 * number generator"): the part that PyTorch's and numpy's generators have in common. How words are handed out and counted
 * is each one's own.
 */

/** Words of the state, and the distance over which the recurrence reaches. */
export const STATE_WORDS = 624;
const REACH = 397;

/** The state of a seed of 32 bits, before its first `twist`. */
export function seededWords(seed: number): Uint32Array {
  const words = new Uint32Array(STATE_WORDS);
  words[0] = seed;
  for (let i = 1; i < STATE_WORDS; i++) {
    const previous = words[i - 1]!;
    words[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
  }
  return words;
}

/** The recurrence, over the whole block in place. */
export function twist(words: Uint32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) {
    const mixed = (words[i]! & 0x80000000) | (words[(i + 1) % STATE_WORDS]! & 0x7fffffff);
    words[i] = words[(i + REACH) % STATE_WORDS]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
  }
}

/** 32 random bits of a word of the state. */
export function temper(word: number): number {
  let y = word;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}
