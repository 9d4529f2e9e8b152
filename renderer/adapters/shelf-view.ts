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

/** Cards are replaced, never changed, so what one is found by is written once. */
const haystacks = new WeakMap<AdapterCard, string>();

function haystackOf(card: AdapterCard): string {
  const had = haystacks.get(card);
  if (had !== undefined) return had;
  const words = [card.name, card.title, card.alias, ...card.triggerWords.map(({ text }) => text), ...card.tags];
  // A hash is found from its beginning, so each begins a line.
  const hashes = card.hashes ? [card.hashes.sha256, card.hashes.tensors] : [];
  const haystack = [...words, ...hashes.map((hash) => `#${hash}`)].join('\n').toLowerCase();
  haystacks.set(card, haystack);
  return haystack;
}

/** Hashes are pasted with at least this many digits; fewer are letters of a name. */
const HASH_DIGITS = /^[0-9a-f]{6,64}$/;

/** Every word must be in the name, a trigger word, a tag, or begin a hash. */
export function matchesText(card: AdapterCard, text: string): boolean {
  const haystack = haystackOf(card);
  const names = haystack.split('\n#', 1)[0] ?? '';
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.includes(word) || (HASH_DIGITS.test(word) && haystack.includes(`\n#${word}`)));
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;
type Order = (a: AdapterCard, b: AdapterCard) => number;
const orders: Record<Sort, Order> = {
  used: (a, b) => (b.usedAt ?? 0) - (a.usedAt ?? 0),
  name: () => 0,
  added: (a, b) => b.addedAt - a.addedAt,
  rating: (a, b) => b.rating - a.rating,
  size: (a, b) => b.bytes - a.bytes,
};

/** What ties in the order goes by name, then by path, so that nothing jumps when the shelf is asked again. */
export function cardsIn(
  cards: readonly AdapterCard[],
  { text, view, sort }: { text: string; view: View; sort: Sort },
): AdapterCard[] {
  const wanted = text.trim();
  return cards
    .filter((card) => isIn(view, card) && (wanted === '' || matchesText(card, wanted)))
    .sort((a, b) => orders[sort](a, b) || byName(a.name, b.name) || (a.path < b.path ? -1 : 1));
}

/** Columns of a grid of equal cards, and the width of each, in CSS pixels. */
export function columnsIn(room: number, least: number, gap: number): { columns: number; width: number } {
  const columns = Math.max(1, Math.floor((room + gap) / (least + gap)));
  return { columns, width: Math.max(0, (room - gap * (columns - 1)) / columns) };
}

/** "412 files found, 120 still to read": while folders are read. */
export function scanWords(cards: number, waiting: number): string {
  return `${plural(cards + waiting, 'file')} found, ${count(waiting)} still to read`;
}
