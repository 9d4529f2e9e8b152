import type { AdapterCard } from '../../app/contracts/adapters.js';
import { shelfStore, useShelf } from '../studio/shelf-store.js';
import { setPreferences } from '../studio/preferences.js';
import { modelById, studioStore, useStudio } from '../studio/studio-store.js';
import { adaptersStore, useAdapters, type AdaptersState } from './adapters-store.js';
import { shownOf, sorted, type Sort } from './shelf-view.js';

/** The last result, for as long as it is asked with the same things: grid, bar and arrow keys share one list. */
function once<A extends readonly unknown[], T>(make: (...from: A) => T): (...from: A) => T {
  let last: { from: A; made: T } | null = null;
  return (...from) => {
    if (!last || from.some((value, at) => value !== last?.from[at])) last = { from, made: make(...from) };
    return last.made;
  };
}

/** Sorted once for a shelf, so that a letter typed only filters. */
const sortedOnce = once(sorted);
const shownOnce = once(shownOf);
const listOf = (cards: readonly AdapterCard[], { text, view }: Pick<AdaptersState, 'text' | 'view'>, sort: Sort) =>
  shownOnce(sortedOnce(cards, sort), text, view);

const shownNow = (): readonly AdapterCard[] =>
  listOf(shelfStore.getState().cards, adaptersStore.getState(), studioStore.getState().preferences.adapterSort);

/** The cards that search, view and sort leave, in order. */
export function useShownCards(): readonly AdapterCard[] {
  const cards = useShelf((state) => state.cards);
  const text = useAdapters((state) => state.text);
  const view = useAdapters((state) => state.view);
  const sort = useStudio(({ preferences }) => preferences.adapterSort);
  return listOf(cards, { text, view }, sort);
}

/** Name of the model that the marks are about; empty when there is none. */
export function useModelName(): string {
  const model = useShelf((state) => state.model);
  return useStudio(({ models }) => modelById(models, model ?? '')?.name ?? '');
}

export const search = (text: string): void => adaptersStore.setState({ text });
export const show = (view: AdaptersState['view']): void => adaptersStore.setState({ view });
export const choose = (cursor: string | null): void => adaptersStore.setState({ cursor });

/** Pointed at, a card shows its receipt, even when the sheet was closed before. */
export const open = (cursor: string): void => adaptersStore.setState({ cursor, sheetShown: true });

export const underCursor = (): AdapterCard | null =>
  shelfStore.getState().byId.get(adaptersStore.getState().cursor ?? '') ?? null;

/** Move by places, by rows, or to an end. */
export function moveCursor(to: { by: number } | { row: number } | { at: 'first' | 'last' }): void {
  const cards = shownNow();
  const { cursor, columns } = adaptersStore.getState();
  const from = cards.findIndex(({ id }) => id === cursor);
  let index: number;
  if ('at' in to) index = to.at === 'first' ? 0 : cards.length - 1;
  else if (from < 0) index = 0;
  else index = 'row' in to ? rowAway(from, to.row, columns, cards.length) : from + to.by;
  const card = cards[Math.min(cards.length - 1, Math.max(0, index))];
  if (card) choose(card.id);
}

/** The place above or below; at an edge it stays, but from above a short last row its last card is next. */
export function rowAway(from: number, rows: number, columns: number, of: number): number {
  const to = from + rows * columns;
  if (to < 0) return from;
  if (to < of) return to;
  return Math.floor(from / columns) < Math.floor((of - 1) / columns) ? of - 1 : from;
}

/** The card beside one that leaves the list. */
export function chooseNeighbour(id: string): void {
  const cards = shownNow();
  const at = cards.findIndex((card) => card.id === id);
  choose((cards[at + 1] ?? cards[at - 1])?.id ?? null);
}

/** Open the panel on one adapter, with its receipt; what would hide its card is cleared. */
export function showAdapter(id: string): void {
  setPreferences({ panel: 'adapters' });
  open(id);
  if (!shownNow().some((card) => card.id === id)) adaptersStore.setState({ text: '', view: 'all' });
}
