import type { Action } from '../keyboard/action.js';
import { evaluatePictures } from '../evaluate/drafting.js';
import { copyPicture, revealPicture } from '../studio/picture-verbs.js';
import { plural } from '../words/numbers.js';
import { setPreferences } from '../studio/preferences.js';
import { shellStore } from '../shell/shell-store.js';
import { reuse, reuseSeed } from '../generate/actions.js';
import { select } from '../generate/selection.js';
import { scorePictures, scoringStore, stopScoring, unscored } from './scoring.js';
import { deleteMeant, keepMeant, meant, moveCursor, restoreMeant, selectAll, show, underCursor } from './browsing.js';
import { galleryStore } from './gallery-store.js';

/** Everything a person can do in the Gallery. */

const inBin = (): boolean => galleryStore.getState().view === 'bin';
const needsPicture = (): string | null => (meant().length > 0 ? null : 'Choose a picture first.');
const needsOne = (): string | null => (underCursor() ? null : 'Choose a picture first.');
const outsideBin = (): string | null => (inBin() ? 'This picture is in the bin. Restore it first.' : needsPicture());
const withCursor = (run: (id: string) => void) => (): void => {
  const picture = underCursor();
  if (picture) run(picture.id);
};
const toGenerate = (run: (id: string) => void) =>
  withCursor((id) => {
    setPreferences({ panel: 'generate' });
    select({ kind: 'picture', id });
    run(id);
  });

export const SEARCH_ID = 'gallery-search';
const group = 'Gallery';

export const galleryActions = {
  search: {
    id: 'gallery.search',
    label: 'Search pictures',
    scope: 'gallery',
    group,
    keys: ['/', 'Ctrl+F'],
    run: () => document.getElementById(SEARCH_ID)?.focus(),
  },
  left: {
    id: 'gallery.left',
    label: 'Picture before',
    scope: 'gallery',
    group,
    keys: ['Left'],
    inPalette: false,
    run: () => moveCursor({ by: -1 }),
  },
  right: {
    id: 'gallery.right',
    label: 'Picture after',
    scope: 'gallery',
    group,
    keys: ['Right'],
    inPalette: false,
    run: () => moveCursor({ by: 1 }),
  },
  up: {
    id: 'gallery.up',
    label: 'Picture above',
    scope: 'gallery',
    group,
    keys: ['Up'],
    inPalette: false,
    run: () => moveCursor({ row: -1 }),
  },
  down: {
    id: 'gallery.down',
    label: 'Picture below',
    scope: 'gallery',
    group,
    keys: ['Down'],
    inPalette: false,
    run: () => moveCursor({ row: 1 }),
  },
  first: {
    id: 'gallery.first',
    label: 'First picture',
    scope: 'gallery',
    group,
    keys: ['Home'],
    inPalette: false,
    run: () => moveCursor({ at: 'first' }),
  },
  last: {
    id: 'gallery.last',
    label: 'Last picture',
    scope: 'gallery',
    group,
    keys: ['End'],
    inPalette: false,
    run: () => moveCursor({ at: 'last' }),
  },
  extend: {
    id: 'gallery.extend',
    label: 'Select a range',
    scope: 'gallery',
    group,
    keys: ['Shift+Right', 'Shift+Left', 'Shift+Up', 'Shift+Down'],
    inPalette: false,
  },
  selectAll: {
    id: 'gallery.select-all',
    label: 'Select all pictures',
    scope: 'gallery',
    group,
    keys: ['Ctrl+A'],
    run: selectAll,
  },
  fullView: {
    id: 'gallery.full-view',
    label: 'Full view',
    scope: 'gallery',
    group,
    keys: ['Space'],
    unavailable: needsOne,
    run: () => galleryStore.setState(({ fullView }) => ({ fullView: !fullView, actualSize: false })),
  },
  actualSize: {
    id: 'gallery.actual-size',
    label: 'Picture at 100 %',
    scope: 'gallery',
    group,
    keys: ['Z'],
    unavailable: needsOne,
    run: () =>
      galleryStore.setState(({ actualSize, fullView }) => ({
        fullView: true,
        actualSize: fullView ? !actualSize : true,
      })),
  },
  reuse: {
    id: 'gallery.reuse',
    label: 'Reuse settings',
    scope: 'gallery',
    group,
    keys: ['Enter'],
    unavailable: needsOne,
    run: toGenerate(reuse),
  },
  reuseSeed: {
    id: 'gallery.reuse-seed',
    label: 'Reuse the seed only',
    scope: 'gallery',
    group,
    keys: ['Shift+Enter'],
    unavailable: needsOne,
    run: toGenerate(reuseSeed),
  },
  keep: {
    id: 'gallery.keep',
    label: 'Keep',
    scope: 'gallery',
    group,
    keys: ['F'],
    unavailable: outsideBin,
    run: keepMeant,
  },
  copy: {
    id: 'gallery.copy',
    label: 'Copy the picture',
    scope: 'gallery',
    group,
    keys: ['Ctrl+C'],
    unavailable: () => (document.getSelection()?.isCollapsed === false ? 'Text is selected.' : needsOne()),
    run: withCursor(copyPicture),
  },
  reveal: {
    id: 'gallery.reveal',
    label: 'Show in folder',
    scope: 'gallery',
    group,
    keys: ['R'],
    unavailable: needsOne,
    run: withCursor(revealPicture),
  },
  delete: {
    id: 'gallery.delete',
    label: 'Delete',
    scope: 'gallery',
    group,
    keys: ['Del'],
    unavailable: outsideBin,
    run: deleteMeant,
  },
  restore: {
    id: 'gallery.restore',
    label: 'Restore from the bin',
    scope: 'gallery',
    group,
    unavailable: () => (inBin() ? needsPicture() : 'This works on pictures in the bin.'),
    run: restoreMeant,
  },
  score: {
    id: 'gallery.score',
    label: 'Score these pictures by CLIP',
    scope: 'gallery',
    group,
    keys: ['S'],
    unavailable: () => {
      if (scoringStore.getState().scoring) return 'Pictures are being scored already.';
      if (inBin()) return 'These pictures are in the bin. Restore them first.';
      return meant().length > 0 || unscored().length > 0 ? null : 'All pictures that are shown have their score.';
    },
    run: () => scorePictures(meant().length > 0 ? meant() : unscored()),
  },
  stopScoring: {
    id: 'gallery.stop-scoring',
    label: 'Stop the CLIP scores',
    scope: 'anywhere',
    group,
    unavailable: () => (scoringStore.getState().scoring ? null : 'Nothing is being scored.'),
    run: stopScoring,
  },
  evaluate: {
    id: 'gallery.evaluate',
    label: 'Evaluate these pictures',
    scope: 'gallery',
    group,
    keys: ['E'],
    unavailable: outsideBin,
    run: () => evaluatePictures(meant()),
  },
  showBin: {
    id: 'gallery.show-bin',
    label: 'Show the bin',
    scope: 'gallery',
    group,
    run: () => show({ view: inBin() ? 'all' : 'bin' }),
  },
  showKept: {
    id: 'gallery.show-kept',
    label: 'Show kept pictures only',
    scope: 'gallery',
    group,
    run: () => show({ view: galleryStore.getState().view === 'kept' ? 'all' : 'kept' }),
  },
  emptyBin: {
    id: 'gallery.empty-bin',
    label: 'Empty the bin…',
    scope: 'gallery',
    group,
    unavailable: () =>
      inBin() && galleryStore.getState().pictures.length > 0 ? null : 'The bin is not open, or empty.',
    run: () => shellStore.setState({ confirmEmptyBin: true }),
  },
} satisfies Record<string, Action>;

export const deleteQuestion = (): string => {
  const { total } = galleryStore.getState();
  return `Empty the bin? ${plural(total ?? 0, 'picture is', 'pictures are')} deleted from disk.`;
};
