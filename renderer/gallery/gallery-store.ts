import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { StudioError } from '../../app/contracts/studio-error.js';
import type { GalleryQuery, PictureSummary } from '../../app/contracts/gallery.js';
import type { Row } from './justified-layout.js';

export type View = 'all' | 'kept' | 'bin';

export interface GalleryState {
  readonly text: string;
  readonly view: View;
  readonly sort: GalleryQuery['sort'];
  readonly pictures: readonly PictureSummary[];
  /** How many pictures there are without any filter; null until it was asked. */
  readonly total: number | null;
  readonly state: 'loading' | 'ready';
  readonly problem: StudioError | null;
  readonly selected: ReadonlySet<string>;
  /** The picture that arrows move from, the inspector shows, and Shift extends to. */
  readonly cursor: string | null;
  /** Where a Shift range began. */
  readonly anchor: string | null;
  readonly fullView: boolean;
  readonly actualSize: boolean;
  /** As laid out last; the arrows up and down need it. */
  readonly rows: readonly Row<PictureSummary>[];
}

export const galleryStore = createStore<GalleryState>(() => ({
  text: '',
  view: 'all',
  sort: 'newest',
  pictures: [],
  total: null,
  state: 'loading',
  problem: null,
  selected: new Set<string>(),
  cursor: null,
  anchor: null,
  fullView: false,
  actualSize: false,
  rows: [],
}));

export const useGallery = <T>(select: (state: GalleryState) => T): T => useStore(galleryStore, select);

export const queryOf = ({ text, view, sort }: Pick<GalleryState, 'text' | 'view' | 'sort'>): GalleryQuery => ({
  text,
  kept: view === 'kept',
  bin: view === 'bin',
  sort,
});

/** Selection after a click: alone, Ctrl adds or takes away, Shift takes the range from the anchor. */
export function selectionAfter(
  { pictures, selected, anchor }: Pick<GalleryState, 'pictures' | 'selected' | 'anchor'>,
  id: string,
  { range, toggle }: { range: boolean; toggle: boolean },
): Pick<GalleryState, 'selected' | 'cursor' | 'anchor'> {
  if (range && anchor !== null) {
    const from = pictures.findIndex((picture) => picture.id === anchor);
    const to = pictures.findIndex((picture) => picture.id === id);
    if (from >= 0 && to >= 0) {
      const ids = pictures.slice(Math.min(from, to), Math.max(from, to) + 1).map((picture) => picture.id);
      return { selected: new Set(toggle ? [...selected, ...ids] : ids), cursor: id, anchor };
    }
  }
  if (toggle) {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    return { selected: next, cursor: id, anchor: id };
  }
  return { selected: new Set([id]), cursor: id, anchor: id };
}

/** What stays selected when the list changes; the cursor moves to the neighbour of a picture that left. */
export function selectionIn(
  pictures: readonly PictureSummary[],
  before: Pick<GalleryState, 'pictures' | 'selected' | 'cursor' | 'anchor'>,
): Pick<GalleryState, 'selected' | 'cursor' | 'anchor'> {
  const here = new Set(pictures.map(({ id }) => id));
  const selected = new Set([...before.selected].filter((id) => here.has(id)));
  if (before.cursor === null || here.has(before.cursor)) {
    return { selected, cursor: before.cursor, anchor: before.anchor };
  }
  const at = before.pictures.findIndex(({ id }) => id === before.cursor);
  const neighbour =
    before.pictures.slice(at + 1).find(({ id }) => here.has(id)) ??
    before.pictures.slice(0, Math.max(0, at)).findLast(({ id }) => here.has(id));
  const cursor = neighbour?.id ?? null;
  return { selected: selected.size > 0 || cursor === null ? selected : new Set([cursor]), cursor, anchor: cursor };
}
