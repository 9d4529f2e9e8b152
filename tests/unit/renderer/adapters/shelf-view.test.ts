import { describe, expect, test } from 'vitest';
import { columnsIn, countsOf, matching, scanWords, shownOf, sorted } from '../../../../renderer/adapters/shelf-view.js';
import { cardOf } from './test-cards.js';

const names = (cards: readonly { readonly name: string }[]): string[] => cards.map(({ name }) => name);
const hashes = {
  sha256: '9f3c71d0ab55aa00ffee112233445566778899aabbccddeeff00112233445566',
  autov2: '9f3c71d0ab',
  autov3: '52e8b0c41d7a',
  tensors: '52e8b0c41d7a00112233445566778899aabbccddeeff00112233445566778899',
};

const fits = cardOf({ name: 'flat-ink', rating: 5 });
const partial = cardOf({ name: 'paper-grain', fit: { state: 'partial', matched: 250, total: 264 } });
const other = cardOf({ name: 'red-paper', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 }, rating: 4 });
const lokr = cardOf({ name: 'celadon', problem: 'A LoKr file: not supported yet.', fit: null });
const nameless = cardOf({ name: 'felt-toys', base: 'unknown', fit: { state: 'other', matched: 0, total: 12 } });
const gone = cardOf({ name: 'low-poly', missing: true });
const shelf = [fits, partial, other, lokr, nameless, gone];

describe('the views of the shelf', () => {
  test('count each card once among fits, other base and unknown', () => {
    expect(countsOf(shelf)).toEqual({ all: 6, fits: 2, other: 1, unknown: 3, favourites: 2 });
  });

  test('show what their counts say', () => {
    const counts = countsOf(shelf);
    for (const view of ['all', 'fits', 'other', 'unknown', 'favourites'] as const) {
      expect(shownOf(shelf, '', view), view).toHaveLength(counts[view]);
    }
  });

  test('leave a card of another base out of the unknown ones while there is no model', () => {
    const counts = countsOf([cardOf({ fit: null })]);
    expect(counts).toMatchObject({ fits: 0, other: 0, unknown: 0 });
  });
});

describe('the search', () => {
  const ink = cardOf({
    name: 'flat-ink',
    title: 'Flat Ink Style',
    alias: 'fltnk_v2',
    triggerWords: [{ text: 'paper texture', source: 'sidecar file' }],
    tags: ['Style'],
    note: 'Best for letterpress',
    hashes,
  });

  test.each([
    'FLAT',
    'paper tex',
    'fltnk',
    'style ink',
    'letterpress',
    '9f3c71d0ab',
    '52e8b0c41d7a',
    hashes.sha256,
    '  ink ',
  ])('finds a card by %j', (text) => expect(matching([ink], text)).toEqual([ink]));

  test.each(['owl', 'flat owl', '71d0ab55', '9f3d71'])('does not find it by %j', (text) =>
    expect(matching([ink], text)).toEqual([]),
  );

  test('takes a few hexadecimal letters for letters of a name, not for a hash', () => {
    expect(matching([ink], '9f3')).toEqual([]);
    expect(matching([cardOf({ name: 'cafe' })], 'cafe')).toHaveLength(1);
  });

  test('does not find one word across two fields', () => {
    expect(matching([cardOf({ name: 'ab', tags: ['cd'] })], 'abcd')).toEqual([]);
  });
});

describe('the order', () => {
  const a = cardOf({ name: 'a-v10', usedAt: 5, addedAt: 1, bytes: 30, rating: 2 });
  const b = cardOf({ name: 'A-v2', usedAt: null, addedAt: 3, bytes: 10, rating: 5 });
  const c = cardOf({ name: 'b', usedAt: 9, addedAt: 2, bytes: 20, rating: 2 });

  test.each([
    ['used', ['b', 'a-v10', 'A-v2']],
    ['name', ['A-v2', 'a-v10', 'b']],
    ['added', ['A-v2', 'b', 'a-v10']],
    ['rating', ['A-v2', 'a-v10', 'b']],
    ['size', ['a-v10', 'b', 'A-v2']],
  ] as const)('by %s', (sort, expected) => expect(names(sorted([a, b, c], sort))).toEqual(expected));

  test('puts files of one name by their path, however they came', () => {
    const first = cardOf({ path: '/a/flat-ink.safetensors' });
    const second = cardOf({ path: '/b/flat-ink.safetensors' });
    expect(sorted([second, first], 'used')).toEqual([first, second]);
  });
});

test('as many columns as have their least width, filled without a rest', () => {
  expect(columnsIn(952, 206, 12)).toEqual({ columns: 4, width: 229 });
  expect(columnsIn(100, 206, 12)).toEqual({ columns: 1, width: 100 });
  expect(columnsIn(0, 206, 12)).toEqual({ columns: 1, width: 0 });
});

test('files that are still to read are among those found', () => {
  expect(scanWords(292, 120)).toBe('412 files found, 120 still to read');
});
