import { expect, test } from 'vitest';
import { rank } from '../../../../renderer/shell/palette-rank.js';

test('the very name comes first, then its beginning, then one of its words, then a part', () => {
  const ranks = ['Heart', 'Heart and star', 'Hearts', 'A red heart', 'Sweetheart'].map((name) => rank('heart', name));
  expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
  expect(new Set(ranks).size).toBe(ranks.length);
  expect(ranks.at(-1)).toBeGreaterThan(0);
});

test('words may come in any order and be begun only', () => {
  expect(rank('eul sam', 'Sampler: Euler a')).toBeGreaterThan(0);
  expect(rank('sampler euler a', 'Sampler: Euler a')).toBe(1);
});

test('scattered letters are no answer', () => {
  expect(rank('heart', 'Show or hide the inspector at the right')).toBe(0);
  expect(rank('gal', 'Generate again, all')).toBe(0);
});
