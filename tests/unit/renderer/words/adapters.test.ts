import { describe, expect, test } from 'vitest';
import {
  algorithmName,
  baseName,
  rangeWords,
  sizeWords,
  standingOf,
  standingSentence,
  standingWord,
} from '../../../../renderer/words/adapters.js';
import { cardOf } from '../adapters/test-cards.js';

const sdxl = cardOf({ name: 'red-paper', base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } });

describe('how an adapter stands with the model', () => {
  test.each([
    ['Fits', cardOf()],
    ['250 of 264', cardOf({ fit: { state: 'partial', matched: 250, total: 264 } })],
    ['Other base', sdxl],
    ['Unknown', cardOf({ base: 'unknown', fit: { state: 'other', matched: 0, total: 12 } })],
    ['No model', cardOf({ fit: null })],
    ['Not usable', cardOf({ problem: 'A LoKr file: not supported yet.' })],
    ['Not found', cardOf({ missing: true, problem: 'It cannot be read.' })],
  ])('is “%s” on its mark', (word, card) => expect(standingWord(card)).toBe(word));

  test('is a fit by its layers, whatever base it tells', () => {
    expect(standingOf(cardOf({ base: 'unknown' }))).toBe('fits');
  });

  test('is told in one sentence with the model’s name', () => {
    expect(standingSentence(sdxl, 'Stable Diffusion 1.5')).toBe(
      'red-paper was made for SDXL; 0 of 722 layers match Stable Diffusion 1.5. It is not applied.',
    );
    const partly = cardOf({ name: 'odd', base: 'unknown', fit: { state: 'other', matched: 3, total: 79 } });
    expect(standingSentence(partly, 'Stable Diffusion 1.5')).toBe(
      'odd was not made for Stable Diffusion 1.5: 3 of 79 layers match. It is not applied.',
    );
    expect(standingSentence(cardOf(), 'Stable Diffusion 1.5')).toBe('264 of 264 layers match Stable Diffusion 1.5.');
    expect(standingSentence(cardOf({ problem: 'It is cut short.' }), '')).toBe('It is cut short.');
  });
});

test('words of a kind that has no name yet stay as the file has them', () => {
  expect([baseName('sd1'), baseName('pixart'), algorithmName('locon'), algorithmName('tesseract')]).toEqual([
    'SD 1.5',
    'pixart',
    'LoCon',
    'tesseract',
  ]);
});

test('a range of one value is that value', () => {
  expect(rangeWords([32, 32])).toBe('32');
  expect(rangeWords([4, 64])).toBe('4 to 64');
  expect(rangeWords([0.5, 16], 2)).toBe('0.50 to 16');
});

test('sizes are told apart by tenths of a megabyte', () => {
  expect([900, 202_000, 37_900_000, 999_600_000, 1_200_000_000].map(sizeWords)).toEqual([
    '900 B',
    '202 kB',
    '37.9 MB',
    '1.0 GB',
    '1.2 GB',
  ]);
});
