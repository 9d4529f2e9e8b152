import type { Action } from '../keyboard/action.js';
import { adaptersStore } from './adapters-store.js';
import { moveCursor, underCursor } from './browsing.js';
import { bake, compare, stopCompare, whyNotRun } from './effects.js';
import { plural } from '../words/numbers.js';
import { addByDialog, favourite, forget, rate, reveal, tellWhy, toggleOrSay, watchedFolderOf } from './verbs.js';
import type { AdapterCard } from '../../app/contracts/adapters.js';

/** Everything a person can do in the Adapters panel. */

export const SEARCH_ID = 'adapter-search';
export const TAG_ID = 'adapter-tag';
const group = 'Adapters';
const NONE = 'Choose an adapter first.';

const needsOne = (): string | null => (underCursor() ? null : NONE);
const withCard = (run: (card: AdapterCard) => void) => (): void => {
  const card = underCursor();
  if (card) run(card);
};

function whyNotCompare(): string | null {
  const card = underCursor();
  if (!card) return NONE;
  return adaptersStore.getState().comparing ? 'Two pictures are being made already.' : whyNotRun(card);
}

function whyNotForget(): string | null {
  const card = underCursor();
  if (!card) return NONE;
  if (card.embedded) return 'It comes with the studio.';
  if (card.missing || watchedFolderOf(card) === null) return null;
  return 'It lies in a folder that is watched. Take it out of there, or stop watching the folder.';
}

function compareOrSay(): void {
  const card = underCursor();
  const why = whyNotCompare();
  if (why !== null) tellWhy(why);
  else if (card) compare(card);
}

function forgetOrSay(): void {
  const card = underCursor();
  const why = whyNotForget();
  if (why !== null) tellWhy(why);
  else if (card) forget(card);
}

const stars = [0, 1, 2, 3, 4, 5].map((rating): Action => ({
  id: `adapters.rate-${rating}`,
  label: rating === 0 ? 'Take the stars away' : `Give ${plural(rating, 'star')}`,
  scope: 'adapters',
  group,
  keys: [String(rating)],
  unavailable: needsOne,
  run: withCard(({ id }) => rate(id, rating)),
}));

export const adapterActions = {
  search: {
    id: 'adapters.search',
    label: 'Search adapters',
    scope: 'adapters',
    group,
    keys: ['/', 'Ctrl+F'],
    run: () => document.getElementById(SEARCH_ID)?.focus(),
  },
  left: {
    id: 'adapters.left',
    label: 'Adapter before',
    scope: 'adapters',
    group,
    keys: ['Left'],
    inPalette: false,
    run: () => moveCursor({ by: -1 }),
  },
  right: {
    id: 'adapters.right',
    label: 'Adapter after',
    scope: 'adapters',
    group,
    keys: ['Right'],
    inPalette: false,
    run: () => moveCursor({ by: 1 }),
  },
  up: {
    id: 'adapters.up',
    label: 'Adapter above',
    scope: 'adapters',
    group,
    keys: ['Up'],
    inPalette: false,
    run: () => moveCursor({ row: -1 }),
  },
  down: {
    id: 'adapters.down',
    label: 'Adapter below',
    scope: 'adapters',
    group,
    keys: ['Down'],
    inPalette: false,
    run: () => moveCursor({ row: 1 }),
  },
  first: {
    id: 'adapters.first',
    label: 'First adapter',
    scope: 'adapters',
    group,
    keys: ['Home'],
    inPalette: false,
    run: () => moveCursor({ at: 'first' }),
  },
  last: {
    id: 'adapters.last',
    label: 'Last adapter',
    scope: 'adapters',
    group,
    keys: ['End'],
    inPalette: false,
    run: () => moveCursor({ at: 'last' }),
  },
  toggle: {
    id: 'adapters.toggle',
    label: 'Add to the picture, or take off it',
    scope: 'adapters',
    group,
    keys: ['Enter'],
    unavailable: needsOne,
    run: withCard(toggleOrSay),
  },
  receipt: {
    id: 'adapters.receipt',
    label: 'Open or close the receipt',
    scope: 'adapters',
    group,
    keys: ['Space'],
    unavailable: needsOne,
    run: () => adaptersStore.setState(({ sheetShown }) => ({ sheetShown: !sheetShown })),
  },
  compare: {
    id: 'adapters.compare',
    label: 'What does it do?',
    scope: 'adapters',
    group,
    keys: ['W'],
    unavailable: needsOne,
    run: compareOrSay,
  },
  stopCompare: {
    id: 'adapters.stop-compare',
    label: 'Stop the comparison',
    scope: 'adapters',
    group,
    unavailable: () => (adaptersStore.getState().comparing ? null : 'Nothing is compared now.'),
    run: stopCompare,
  },
  bake: {
    id: 'adapters.bake',
    label: 'Bake to a file…',
    scope: 'adapters',
    group,
    unavailable: () => {
      const card = underCursor();
      if (!card) return NONE;
      return adaptersStore.getState().baking ? 'A file is being baked already.' : whyNotRun(card);
    },
    run: withCard(bake),
  },
  favourite: {
    id: 'adapters.favourite',
    label: 'Favourite: five stars or none',
    scope: 'adapters',
    group,
    keys: ['F'],
    unavailable: needsOne,
    run: withCard(favourite),
  },
  tag: {
    id: 'adapters.tag',
    label: 'Add a tag',
    scope: 'adapters',
    group,
    keys: ['T'],
    unavailable: needsOne,
    run: () => {
      adaptersStore.setState({ sheetShown: true });
      requestAnimationFrame(() => document.getElementById(TAG_ID)?.focus());
    },
  },
  reveal: {
    id: 'adapters.reveal',
    label: 'Show in folder',
    scope: 'adapters',
    group,
    keys: ['R'],
    unavailable: needsOne,
    run: withCard(({ id }) => reveal(id)),
  },
  forget: {
    id: 'adapters.forget',
    label: 'Take off the shelf',
    scope: 'adapters',
    group,
    keys: ['Del'],
    unavailable: needsOne,
    run: forgetOrSay,
  },
  watchFolder: {
    id: 'adapters.watch-folder',
    label: 'Watch a LoRA folder…',
    scope: 'anywhere',
    group,
    run: () => addByDialog('folder'),
  },
  addFiles: {
    id: 'adapters.add-files',
    label: 'Add LoRA files…',
    scope: 'anywhere',
    group,
    run: () => addByDialog('files'),
  },
} satisfies Record<string, Action>;

/** With the ones that are made by counting. */
export const allAdapterActions: readonly Action[] = [...Object.values<Action>(adapterActions), ...stars];
