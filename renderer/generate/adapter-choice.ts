import type { AdapterCard } from '../../app/contracts/adapters.js';
import { rank } from '../shell/palette-rank.js';
import { standingOf, type Standing } from '../words/adapters.js';

/** Which adapters are offered, and in what order: those that fit first, then the best match, then the last used. */

const order: Readonly<Record<Standing, number>> = { fits: 0, partial: 1, none: 2, unknown: 3, other: 4 };

/** What else a card may be looked for by. */
export const otherNames = ({ title, alias, triggerWords, tags }: AdapterCard): string[] =>
  [title, alias, ...tags, ...triggerWords.map(({ text }) => text)].filter((name) => name !== null);

/** How well a card answers what was typed; its own name counts most. */
const matchOf = (text: string, card: AdapterCard): number =>
  Math.max(rank(text, card.name), ...otherNames(card).map((name) => rank(text, name) * 0.8));

export function choicesFor(cards: readonly AdapterCard[], text: string, match = matchOf): AdapterCard[] {
  return inOrder(cards)
    .map((card) => ({ card, match: text === '' ? 1 : match(text, card), place: order[standingOf(card)] }))
    .filter((found) => found.match > 0)
    .toSorted((a, b) => a.place - b.place || b.match - a.match)
    .map(({ card }) => card);
}

const names = new Intl.Collator(undefined, { numeric: true });
const ordered = new WeakMap<readonly AdapterCard[], readonly AdapterCard[]>();

/** The last used first, then by name. Thousands of names take a while to compare, so that is done once a shelf. */
function inOrder(cards: readonly AdapterCard[]): readonly AdapterCard[] {
  const had = ordered.get(cards);
  if (had) return had;
  const sorted = cards.toSorted((a, b) => (b.usedAt ?? 0) - (a.usedAt ?? 0) || names.compare(a.name, b.name));
  ordered.set(cards, sorted);
  return sorted;
}

/** Where a tag is being typed: from its `<` to the caret, with the name so far. Null where none is. */
export function tagBeingTyped(text: string, caret: number): { readonly start: number; readonly name: string } | null {
  const match = /<((?:lora|lyco):)?([^<>:\n]{0,80})$/i.exec(text.slice(0, caret));
  if (!match) return null;
  const [, kind, name = ''] = match;
  // Without "lora:" a digit or a space after it is a heart or a comparison, no name.
  if (kind === undefined && /^[\s\d]/.test(name)) return null;
  return { start: match.index, name };
}

/** Names that a tag can hold. */
export const canBeNamed = ({ name }: AdapterCard): boolean => !/[<>:]/.test(name);
