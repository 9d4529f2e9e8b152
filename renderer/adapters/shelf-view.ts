import type { AdapterCard } from '../../app/contracts/adapters.js';
import type { Preferences } from '../../app/contracts/preferences.js';
import { standingOf } from '../words/adapters.js';
import { count, plural } from '../words/numbers.js';
import type { View } from './adapters-store.js';

/** Which cards are shown, in which order. Nothing here asks main: a letter typed answers at once with 10,000 cards. */

export type Sort = Preferences['adapterSort'];

const FAVOURITE_FROM = 4;
export const isFavourite = ({ rating }: AdapterCard): boolean => rating >= FAVOURITE_FROM;

function isIn(view: View, card: AdapterCard): boolean {
  if (view === 'all') return true;
  if (view === 'favourites') return isFavourite(card);
  const standing = standingOf(card);
  return view === 'fits' ? standing === 'fits' || standing === 'partial' : standing === view;
}

export function countsOf(cards: readonly AdapterCard[]): Record<View, number> {
  const counts: Record<View, number> = { all: cards.length, fits: 0, other: 0, unknown: 0, favourites: 0 };
  for (const view of ['fits', 'other', 'unknown', 'favourites'] as const) {
    for (const card of cards) if (isIn(view, card)) counts[view] += 1;
  }
  return counts;
}

/** What a card is found and sorted by. */
interface Keys {
  /** In small letters, figures of one width: "v2" goes before "v10". */
  readonly name: string;
  /** Name, title, alias, trigger words, tags and the note, a line each. */
  readonly words: string;
  readonly hashes: readonly string[];
}

/** Cards are replaced, never changed, so each is read once. */
const known = new WeakMap<AdapterCard, Keys>();
const FIGURES = 10;

function keysOf(card: AdapterCard): Keys {
  const had = known.get(card);
  if (had) return had;
  const { name, title, alias, triggerWords, tags, note, hashes } = card;
  const keys = {
    name: name.toLowerCase().replace(/\d+/g, (figures) => figures.padStart(FIGURES, '0')),
    words: [name, title, alias, ...triggerWords.map(({ text }) => text), ...tags, note].join('\n').toLowerCase(),
    hashes: hashes ? [hashes.sha256, hashes.tensors] : [],
  };
  known.set(card, keys);
  return keys;
}

/** Hashes are pasted with at least this many digits; fewer are letters of a name. */
const HASH_DIGITS = /^[0-9a-f]{6,64}$/;

/** Cards for which every word is in the name, a trigger word, a tag or the note, or begins a hash. */
export function matching(cards: readonly AdapterCard[], text: string): readonly AdapterCard[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return cards;
  return cards.filter((card) => {
    const keys = keysOf(card);
    return words.every(
      (word) =>
        keys.words.includes(word) || (HASH_DIGITS.test(word) && keys.hashes.some((hash) => hash.startsWith(word))),
    );
  });
}

type Order = (a: AdapterCard, b: AdapterCard) => number;
const orders: Record<Sort, Order> = {
  used: (a, b) => (b.usedAt ?? 0) - (a.usedAt ?? 0),
  name: () => 0,
  added: (a, b) => b.addedAt - a.addedAt,
  rating: (a, b) => b.rating - a.rating,
  size: (a, b) => b.bytes - a.bytes,
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What ties in the order goes by name, then by path, so that nothing jumps when the shelf is asked again. */
export const sorted = (cards: readonly AdapterCard[], sort: Sort): AdapterCard[] =>
  cards.toSorted((a, b) => orders[sort](a, b) || compare(keysOf(a).name, keysOf(b).name) || compare(a.path, b.path));

/** The cards of a view that a text leaves, in the order they came. */
export const shownOf = (cards: readonly AdapterCard[], text: string, view: View): readonly AdapterCard[] =>
  matching(view === 'all' ? cards : cards.filter((card) => isIn(view, card)), text);

/** Columns of a grid of equal cards, and the width of each, in CSS pixels. */
export function columnsIn(room: number, least: number, gap: number): { columns: number; width: number } {
  const columns = Math.max(1, Math.floor((room + gap) / (least + gap)));
  return { columns, width: Math.max(0, (room - gap * (columns - 1)) / columns) };
}

/** "412 files found, 120 still to read": while folders are read. */
export function scanWords(cards: number, waiting: number): string {
  return `${plural(cards + waiting, 'file')} found, ${count(waiting)} still to read`;
}
