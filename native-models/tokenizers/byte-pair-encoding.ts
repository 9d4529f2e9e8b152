/**
 * Byte pair encoding: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units",
 * algorithm 1, on the byte alphabet of GPT-2 and with CLIP's mark for the end of a word.
 *
 * A word is its UTF-8 bytes, each written as one visible character, the last one followed by `</w>`. Of all
 * neighbours that a merge joins, the ones of the lowest rank (first of those, the leftmost) are joined, until no
 * neighbours are left that a merge joins. With a heap of candidates that takes n log n for n bytes, so that a word
 * of 100,000 letters costs milliseconds; searching anew after each merge would take minutes.
 */
import { BYTE_ALPHABET, BYTE_OF_LETTER } from './byte-alphabet.js';

export const END_OF_WORD = '</w>';

export interface BytePairs {
  /** Id of each token text. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs of token texts, in order of rank. */
  readonly merges: readonly (readonly [string, string])[];
  /** Stands for a byte that the vocabulary does not have. */
  readonly unknownId: number;
}

interface Merge {
  readonly rank: number;
  readonly id: number;
}

export class BytePairEncoder {
  /** Id of each byte within a word and at its end. */
  readonly #inside: readonly number[];
  readonly #atEnd: readonly number[];
  readonly #merges = new Map<number, Merge>();
  readonly #texts: ReadonlyMap<number, string>;

  constructor({ vocabulary, merges, unknownId }: BytePairs) {
    this.#texts = new Map(Array.from(vocabulary, ([text, id]) => [id, text]));
    this.#inside = BYTE_ALPHABET.map((letter) => vocabulary.get(letter) ?? unknownId);
    this.#atEnd = BYTE_ALPHABET.map((letter) => vocabulary.get(letter + END_OF_WORD) ?? unknownId);
    merges.forEach(([left, right], rank) => {
      const [leftId, rightId, id] = [vocabulary.get(left), vocabulary.get(right), vocabulary.get(left + right)];
      if (leftId === undefined || rightId === undefined || id === undefined) return; // can never come up
      this.#merges.set(pairKey(leftId, rightId), { rank, id });
    });
  }

  /** What stands in the vocabulary for an id; empty for one that it does not have. */
  tokenText(id: number): string {
    return this.#texts.get(id) ?? '';
  }

  /** Token ids of one word; nothing for an empty one. */
  encode(word: string): number[] {
    const bytes = new TextEncoder().encode(word);
    const end = bytes.length - 1;
    return this.#join(Array.from(bytes, (byte, i) => (i === end ? this.#atEnd : this.#inside)[byte]!));
  }

  #join(ids: number[]): number[] {
    // A list of symbols in which each knows its neighbours; a joined one takes the left one's place.
    const next = ids.map((_, i) => i + 1);
    const previous = ids.map((_, i) => i - 1);
    const candidates = new Candidates();
    const consider = (left: number): void => {
      const merge = this.#mergeAt(ids, left, next[left]!);
      if (merge !== undefined) candidates.push(merge.rank, left);
    };
    for (let i = 0; i + 1 < ids.length; i++) consider(i);

    for (let best = candidates.pop(); best !== undefined; best = candidates.pop()) {
      const { rank, left } = best;
      const right = next[left]!;
      const merge = this.#mergeAt(ids, left, right);
      // An entry is stale when its symbols were joined with others in the meantime.
      if (merge?.rank !== rank) continue;
      ids[left] = merge.id;
      ids[right] = GONE;
      next[left] = next[right]!;
      if (next[left] < ids.length) previous[next[left]] = left;
      if (previous[left]! >= 0) consider(previous[left]!);
      consider(left);
    }
    return ids.filter((id) => id !== GONE);
  }

  #mergeAt(ids: readonly number[], left: number, right: number): Merge | undefined {
    if (right >= ids.length || ids[left] === GONE) return undefined;
    return this.#merges.get(pairKey(ids[left]!, ids[right]!));
  }
}

/** Marks a symbol that its left neighbour took in. */
const GONE = -1;

/** Two ids as one number; vocabularies stay far below 2^26. */
function pairKey(left: number, right: number): number {
  return left * 2 ** 26 + right;
}

/** A binary heap of merges that could be done: lowest rank first, then leftmost. */
class Candidates {
  /** rank * 2^26 + place, so that their order is the order of numbers; children of i at 2i + 1 and 2i + 2. */
  readonly #keys: number[] = [];

  push(rank: number, left: number): void {
    const keys = this.#keys;
    let place = keys.push(rank * 2 ** 26 + left) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (keys[parent]! <= keys[place]!) return;
      [keys[parent], keys[place]] = [keys[place]!, keys[parent]!];
      place = parent;
    }
  }

  pop(): { readonly rank: number; readonly left: number } | undefined {
    const keys = this.#keys;
    const [first] = keys;
    if (first === undefined) return undefined;
    const last = keys.pop()!;
    if (keys.length > 0) {
      keys[0] = last;
      this.#sink();
    }
    return { rank: Math.floor(first / 2 ** 26), left: first % 2 ** 26 };
  }

  #sink(): void {
    const keys = this.#keys;
    let place = 0;
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < keys.length && keys[child]! < keys[least]!) least = child;
      }
      if (least === place) return;
      [keys[place], keys[least]] = [keys[least]!, keys[place]!];
      place = least;
    }
  }
}

/** The text that token texts spell, a space where a word ends; for people to read, not to encode again. */
export function spell(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    const ends = token.endsWith(END_OF_WORD);
    for (const letter of ends ? token.slice(0, -END_OF_WORD.length) : token) {
      const byte = BYTE_OF_LETTER.get(letter);
      if (byte !== undefined) bytes.push(byte);
    }
    if (ends) bytes.push(0x20);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes)).trim();
}
