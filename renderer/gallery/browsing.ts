import type { PictureSummary } from '../../app/contracts/gallery.js';
import { ask, asStudioError } from '../bridge.js';
import { reportProblem, showToast } from '../studio/notices.js';
import { binPictures, keepPicture, restorePictures } from '../studio/picture-verbs.js';
import { plural } from '../words/numbers.js';
import { galleryStore, queryOf, selectionAfter, selectionIn, type GalleryState } from './gallery-store.js';
import { verticalNeighbour } from './justified-layout.js';

const ASK_AFTER_MS = 120;
let timer: ReturnType<typeof setTimeout> | null = null;
let asked = 0;

/** Ask for the list as the bar says; an answer to an older question is dropped. */
export async function loadGallery(): Promise<void> {
  if (timer) clearTimeout(timer);
  timer = null;
  asked += 1;
  const question = asked;
  const query = queryOf(galleryStore.getState());
  const unfiltered = query.text === '' && !query.kept;
  try {
    const pictures = await ask('gallery.list', query);
    if (question !== asked) return;
    galleryStore.setState((before) => ({
      pictures,
      state: 'ready',
      problem: null,
      ...(unfiltered ? { total: pictures.length } : {}),
      ...selectionIn(pictures, before),
    }));
  } catch (error) {
    if (question === asked) galleryStore.setState({ state: 'ready', problem: asStudioError(error) });
  }
}

const loadSoon = (): void => {
  if (timer) clearTimeout(timer);
  timer = setTimeout(() => void loadGallery(), ASK_AFTER_MS);
};

export function search(text: string): void {
  galleryStore.setState({ text });
  loadSoon();
}

export function show(change: Partial<Pick<GalleryState, 'view' | 'sort'>>): void {
  const changesPlace =
    change.view !== undefined && (change.view === 'bin') !== (galleryStore.getState().view === 'bin');
  galleryStore.setState({
    ...change,
    ...(changesPlace
      ? {
          pictures: [],
          total: null,
          state: 'loading',
          selected: new Set(),
          cursor: null,
          anchor: null,
          fullView: false,
        }
      : {}),
  });
  void loadGallery();
}

/** Main says that something came or went. A new picture at the top of the plain list is put there without asking. */
export function hearGallery(added: PictureSummary | null): void {
  const { text, view, sort, pictures, total, state } = galleryStore.getState();
  if (added && state === 'ready' && text === '' && view === 'all' && sort === 'newest') {
    if (pictures.some(({ id }) => id === added.id)) return;
    galleryStore.setState({ pictures: [added, ...pictures], total: total === null ? null : total + 1 });
    return;
  }
  loadSoon();
}

export function click(id: string, keys: { range: boolean; toggle: boolean }): void {
  galleryStore.setState((state) => selectionAfter(state, id, keys));
}

export function clearSelection(): void {
  galleryStore.setState({ selected: new Set(), anchor: null, cursor: null });
}

export function selectAll(): void {
  galleryStore.setState(({ pictures, cursor }) => ({
    selected: new Set(pictures.map(({ id }) => id)),
    cursor: cursor ?? pictures[0]?.id ?? null,
  }));
}

/** Move the cursor by places, or by rows; with `extend` the range from the anchor is selected. */
export function moveCursor(to: { by: number } | { row: 1 | -1 } | { at: 'first' | 'last' }, extend = false): void {
  const state = galleryStore.getState();
  const { pictures, cursor } = state;
  if (pictures.length === 0) return;
  const from = pictures.findIndex(({ id }) => id === cursor);
  let index: number;
  if ('at' in to) index = to.at === 'first' ? 0 : pictures.length - 1;
  else if (from < 0) index = 0;
  else if ('row' in to) index = state.fullView ? from + to.row : verticalNeighbour(state.rows, from, to.row);
  else index = from + to.by;
  const picture = pictures[Math.min(pictures.length - 1, Math.max(0, index))];
  if (picture) click(picture.id, { range: extend, toggle: false });
}

/** Ids that a verb means: the selection, or the picture under the cursor. */
export function meant(): string[] {
  const { selected, cursor, pictures } = galleryStore.getState();
  if (selected.size > 0) return pictures.filter(({ id }) => selected.has(id)).map(({ id }) => id);
  return cursor === null ? [] : [cursor];
}

export const underCursor = (): PictureSummary | null => {
  const { cursor, pictures } = galleryStore.getState();
  return pictures.find(({ id }) => id === cursor) ?? null;
};

export function keepMeant(): void {
  const ids = new Set(meant());
  const { pictures } = galleryStore.getState();
  const kept = !pictures.some((picture) => ids.has(picture.id) && picture.kept);
  galleryStore.setState({
    pictures: pictures.map((picture) => (ids.has(picture.id) ? { ...picture, kept } : picture)),
  });
  for (const id of ids) keepPicture(id, kept);
}

/** Takes the pictures off the wall at once; main's answer makes it so. */
function takeAway(ids: readonly string[]): void {
  const gone = new Set(ids);
  galleryStore.setState((before) => {
    const pictures = before.pictures.filter(({ id }) => !gone.has(id));
    return {
      pictures,
      total: before.total === null ? null : Math.max(0, before.total - gone.size),
      ...selectionIn(pictures, before),
      ...(pictures.length === 0 ? { fullView: false } : {}),
    };
  });
}

export function deleteMeant(): void {
  const ids = meant();
  takeAway(ids);
  // What comes back by Undo is chosen as it was.
  binPictures(ids, () => {
    galleryStore.setState({ selected: new Set(ids), cursor: ids[0] ?? null, anchor: ids[0] ?? null });
    void loadGallery();
  });
}

export function restoreMeant(): void {
  const ids = meant();
  takeAway(ids);
  restorePictures(ids);
}

export function emptyBin(): void {
  ask('gallery.empty-bin', {}).then(({ deleted }) => {
    showToast({ tone: 'info', text: `${plural(deleted, 'picture')} deleted from disk.`, action: null });
    void loadGallery();
  }, reportProblem);
}
