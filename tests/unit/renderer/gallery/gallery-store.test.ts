import { describe, expect, test } from 'vitest';
import { selectionAfter, selectionIn } from '../../../../renderer/gallery/gallery-store.js';

const pictures = ['a', 'b', 'c', 'd', 'e'].map((id) => ({
  id,
  width: 64,
  height: 64,
  kept: false,
  title: id,
  missing: false,
  clipScore: null,
}));
const none = { pictures, selected: new Set<string>(), anchor: null };
const plain = { range: false, toggle: false };

describe('a click', () => {
  test('selects one picture alone', () => {
    expect(selectionAfter({ ...none, selected: new Set(['a', 'b']) }, 'd', plain).selected).toEqual(new Set(['d']));
  });

  test('with Ctrl adds, and takes away again', () => {
    const first = selectionAfter({ ...none, selected: new Set(['a']) }, 'c', { range: false, toggle: true });
    expect(first.selected).toEqual(new Set(['a', 'c']));
    expect(selectionAfter({ pictures, ...first }, 'a', { range: false, toggle: true }).selected).toEqual(
      new Set(['c']),
    );
  });

  test('with Shift takes the range from the anchor, in either direction, and keeps the anchor', () => {
    const down = selectionAfter({ ...none, anchor: 'b' }, 'd', { range: true, toggle: false });
    expect(down).toEqual({ selected: new Set(['b', 'c', 'd']), cursor: 'd', anchor: 'b' });
    expect(selectionAfter({ pictures, ...down }, 'a', { range: true, toggle: false }).selected).toEqual(
      new Set(['a', 'b']),
    );
  });
});

describe('when pictures leave the list', () => {
  test('the cursor moves to the neighbour after the one that left', () => {
    const before = { pictures, selected: new Set(['c']), cursor: 'c', anchor: 'c' };
    const left = pictures.filter(({ id }) => id !== 'c');
    expect(selectionIn(left, before)).toEqual({ selected: new Set(['d']), cursor: 'd', anchor: 'd' });
  });

  test('the cursor moves back when the last one left', () => {
    const before = { pictures, selected: new Set(['e']), cursor: 'e', anchor: 'e' };
    expect(selectionIn(pictures.slice(0, 4), before).cursor).toBe('d');
  });

  test('nothing is left selected in an empty list', () => {
    const before = { pictures, selected: new Set(['e']), cursor: 'e', anchor: 'e' };
    expect(selectionIn([], before)).toEqual({ selected: new Set(), cursor: null, anchor: null });
  });

  test('a new picture disturbs nothing', () => {
    const before = { pictures: pictures.slice(1), selected: new Set(['c']), cursor: 'c', anchor: 'b' };
    expect(selectionIn(pictures, before)).toEqual({ selected: new Set(['c']), cursor: 'c', anchor: 'b' });
  });
});
