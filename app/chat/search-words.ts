import { searchForm, searchWords } from '../gallery/search-text.js';

/**
 * Scripts that put no spaces between words: each of their letters is a word of its own in the index, and a word that
 * is looked for is a row of them.
 */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** What lies beyond, in UTF-16 units, is not found: a pasted book must not hold up the studio. */
const longestIndexed = 200_000;

/** A turn's text as the index takes it: SQLite's FTS5 splits it at all that is neither letter nor digit. */
export function indexForm(text: string): string {
  return searchForm(text.slice(0, longestIndexed)).replace(unspaced, ' $& ');
}

export interface Search {
  /** Folded; those in double quotes belong together. */
  readonly words: readonly string[];
  /** For FTS5: all of them, each as a whole word or its beginning. Null where no word has a letter or digit. */
  readonly match: string | null;
  /** Words of other characters (an emoji, an arrow), which the index does not have. */
  readonly signs: readonly string[];
}

/** Null when there is nothing to look for. */
export function readSearch(query: string): Search | null {
  const words = searchWords(query.slice(0, 500).replaceAll('\0', ' ')).filter((word) => word.trim() !== '');
  if (words.length === 0) return null;
  const spelled = words.filter((word) => /[\p{L}\p{N}]/u.test(word));
  return {
    words,
    match: spelled.length === 0 ? null : spelled.map((word) => `"${indexForm(word).trim()}"*`).join(' '),
    signs: words.filter((word) => !spelled.includes(word)),
  };
}

/** Whether a title has all the words, found as those of turns are. */
export function isNamed(title: string, { words, signs }: Search): boolean {
  const folded = spelledForm(title);
  return words.every((word) => (signs.includes(word) ? title.includes(word) : folded.includes(spelledForm(word))));
}

/** Words with one space before each: a word at its beginning is found in it. */
const spelledForm = (text: string): string =>
  ` ${indexForm(text)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()}`;

const [before, after] = [32, 96];

/** The first place of a word with some text around it, in one line; the beginning where none is seen. */
export function foundIn(text: string, words: readonly string[]): string {
  const at = words.reduce((first, word) => Math.min(first, placeOf(text, word)), Infinity);
  const from = at === Infinity ? 0 : startOfWord(text, Math.max(0, at - before));
  const to = Math.min(text.length, from + before + after);
  const shown = text
    .slice(from, to)
    .replace(/^[\p{Surrogate}\p{M}]+|\p{Surrogate}$/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  return `${from > 0 ? '…' : ''}${shown}${to < text.length ? '…' : ''}`;
}

/** The text is folded piece by piece, and letter by letter only where the word is. */
const pieceLength = 2000;

/** Where the word begins, in UTF-16 units; Infinity where it is not. Rather where a word begins than inside one. */
function placeOf(text: string, word: string): number {
  const sought = word.replace(/\s+/g, ' ');
  let inside = Infinity;
  for (let start = 0; start < Math.min(text.length, longestIndexed); start += pieceLength) {
    const piece = text.slice(start, start + pieceLength + 200); // some of the next: a word may lie on the border
    if (!searchForm(piece).replace(/\s+/g, ' ').includes(sought)) continue;
    const { folded, places } = foldWithPlaces(piece);
    for (let at = folded.indexOf(sought); at !== -1; at = folded.indexOf(sought, at + 1)) {
      const place = start + (places[at] ?? 0);
      if (at === 0 || !/[\p{L}\p{N}]/u.test(folded[at - 1] ?? '')) return place;
      inside = Math.min(inside, place);
    }
  }
  return inside;
}

function foldWithPlaces(piece: string): { folded: string; places: number[] } {
  let folded = '';
  const places: number[] = [];
  let place = 0;
  for (const character of piece) {
    const form = /\s/.test(character) ? (folded.endsWith(' ') ? '' : ' ') : searchForm(character);
    for (let k = 0; k < form.length; k += 1) places.push(place);
    folded += form;
    place += character.length;
  }
  return { folded, places };
}

/** Not in the middle of a word, where one begins soon. */
function startOfWord(text: string, from: number): number {
  if (from === 0) return 0;
  const space = text.slice(from, from + before / 2).search(/\s/);
  return space === -1 ? from : from + space + 1;
}
