import { describe, expect, it } from 'vitest';
import { BytePairEncoder, spell } from '../../../../native-models/tokenizers/byte-pair-encoding.js';

const LETTERS = ['a', 'b', 'c'];

/** Ids count up: letters, letters at a word's end, then what each merge makes. */
function toyEncoder(merges: readonly (readonly [string, string])[]): BytePairEncoder {
  const tokens = [...LETTERS, ...LETTERS.map((letter) => `${letter}</w>`), ...merges.map((pair) => pair.join(''))];
  const vocabulary = new Map([...new Set(tokens)].map((token, id) => [token, id]));
  return new BytePairEncoder({ vocabulary, merges, unknownId: 999 });
}

describe('merging', () => {
  it('an empty word has no tokens', () => {
    expect(toyEncoder([]).encode('')).toEqual([]);
  });

  it('letters that nothing joins stay apart, the last one marked as the end', () => {
    expect(toyEncoder([]).encode('abc')).toEqual([0, 1, 5]);
  });

  it('the merge of the lowest rank goes first, though another comes earlier in the word', () => {
    const encoder = toyEncoder([
      ['b', 'c'],
      ['a', 'b'],
    ]);
    expect(encoder.encode('abca')).toEqual([0, 6, 3]); // a bc a</w>, not ab c a</w>
  });

  it('of two equal merges the left one goes first', () => {
    expect(toyEncoder([['a', 'a']]).encode('aaab')).toEqual([6, 0, 4]); // aa a b</w>
  });

  it('a byte that the vocabulary does not have is the unknown token', () => {
    expect(toyEncoder([]).encode('aé')).toEqual([0, 999, 999]);
  });
});

describe('against searching anew after each merge', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`random words and merges, seed ${seed}`, () => {
      const random = generator(seed);
      const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
      const merges: [string, string][] = [];
      const known = [...LETTERS, ...LETTERS.map((letter) => `${letter}</w>`)];
      for (let i = 0; i < 30; i++) {
        const [left, right] = [pick(known.filter((token) => !token.endsWith('>'))), pick(known)];
        if (known.includes(left + right)) continue;
        merges.push([left, right]);
        known.push(left + right);
      }
      const encoder = toyEncoder(merges);
      for (let i = 0; i < 200; i++) {
        const word = Array.from({ length: 1 + Math.floor(random() * 40) }, () => pick(LETTERS)).join('');
        const tokens = encoder.encode(word).map((id) => encoder.tokenText(id));
        expect(tokens, word).toEqual(joinSlowly(word, merges));
      }
    });
  }
});

it('a word of 100,000 letters takes a fraction of a second', () => {
  const encoder = toyEncoder([
    ['a', 'a'],
    ['aa', 'aa'],
    ['aaaa', 'aaaa'],
  ]);
  const before = performance.now();
  expect(encoder.encode('a'.repeat(100_000)).length).toBe(12_500 + 3); // ... aaaa aa a a</w>
  expect(performance.now() - before).toBeLessThan(2000);
});

it('tokens spell their text, a space after each end of a word', () => {
  expect(spell(['a', 'b</w>', 'c</w>'])).toBe('ab c');
  expect(spell(['Ã', '©</w>'])).toBe('é');
});

function joinSlowly(word: string, merges: readonly (readonly [string, string])[]): string[] {
  const parts = [...word];
  parts.push(`${parts.pop()!}</w>`);
  for (;;) {
    const places = parts.slice(1).map((right, i) => merges.findIndex(([a, b]) => a === parts[i] && b === right));
    const ranks = places.filter((rank) => rank >= 0);
    if (ranks.length === 0) return parts;
    const at = places.indexOf(Math.min(...ranks));
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}

/** Numerical Recipes' linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
