import { beforeEach, describe, expect, test } from 'vitest';
import { adaptersStore } from '../../../../renderer/adapters/adapters-store.js';
import { moveCursor, rowAway, showAdapter } from '../../../../renderer/adapters/browsing.js';
import { shelfStore } from '../../../../renderer/studio/shelf-store.js';
import { asPanel } from '../../../../renderer/shell/shell-store.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';
import { cardOf } from './test-cards.js';

const cards = ['a', 'b', 'c', 'd', 'e'].map((name) => cardOf({ name, rating: name === 'a' ? 5 : 0 }));

beforeEach(() => {
  shelfStore.setState({ cards, byId: new Map(cards.map((card) => [card.id, card])), loaded: true });
  adaptersStore.setState({ cursor: null, columns: 3, text: '', view: 'all', sheetShown: true });
});

const cursorAfter = (...moves: Parameters<typeof moveCursor>[0][]): string | null => {
  for (const move of moves) moveCursor(move);
  return adaptersStore.getState().cursor;
};

describe('the arrows', () => {
  test('begin at the first card', () => expect(cursorAfter({ row: 1 })).toBe('a'));
  test('go on in the next row', () => expect(cursorAfter({ at: 'first' }, { row: 1 })).toBe('d'));
  test('go to the last card from above an empty place', () =>
    expect(cursorAfter({ at: 'first' }, { by: 2 }, { row: 1 })).toBe('e'));
  test('stop at both ends', () => {
    expect(cursorAfter({ at: 'last' }, { by: 1 }, { row: 1 })).toBe('e');
    expect(cursorAfter({ at: 'first' }, { by: -1 }, { row: -1 })).toBe('a');
  });
  test('walk only what is shown', () => {
    adaptersStore.setState({ view: 'favourites' });
    expect(cursorAfter({ at: 'last' })).toBe('a');
  });
  test('stay in the last row when there is nothing below', () => expect(rowAway(3, 1, 3, 5)).toBe(3));
});

describe('an adapter shown from elsewhere', () => {
  test('opens the panel on its receipt, and keeps a filter that does not hide it', () => {
    adaptersStore.setState({ view: 'favourites', sheetShown: false });
    showAdapter('a');
    expect(asPanel(studioStore.getState().preferences.panel)).toBe('adapters');
    expect(adaptersStore.getState()).toMatchObject({ cursor: 'a', sheetShown: true, view: 'favourites' });
  });
  test('clears what would hide its card', () => {
    adaptersStore.setState({ view: 'favourites', text: 'zzz' });
    showAdapter('b');
    expect(adaptersStore.getState()).toMatchObject({ cursor: 'b', view: 'all', text: '' });
  });
});
