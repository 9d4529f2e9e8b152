import { describe, expect, test } from 'vitest';
import {
  piecesOf,
  probabilityFigure,
  probabilityOf,
  probabilityWords,
  rivalRows,
  tintOf,
  tokenWords,
} from '../../../../renderer/chat/token-looks.js';

describe('the tint of a token', () => {
  test('follows its probability in four steps', () => {
    expect([0.95, 0.9, 0.51, 0.5, 0.21, 0.2, 0].map(tintOf)).toEqual(['p4', 'p3', 'p3', 'p2', 'p2', 'p1', 'p1']);
  });

  test('is none where probabilities were not asked for', () => {
    expect(tintOf(probabilityOf({ logprob: null }))).toBe('');
  });
});

test('a probability is the exponential of its logarithm, and never more than certain', () => {
  expect(probabilityOf({ logprob: Math.log(0.62) })).toBeCloseTo(0.62, 12);
  expect(probabilityOf({ logprob: 1e-7 })).toBe(1);
});

test('a probability that would round to nothing or to certainty says so', () => {
  expect([0.62, 0.001, 0.999, 1].map(probabilityWords)).toEqual(['0.62', 'under 0.01', 'over 0.99', '1.00']);
  expect(probabilityFigure(0.001)).toBe('<.01');
  expect(probabilityFigure(null)).toBe('–');
});

describe('a token in the running text', () => {
  const words = (text: string): string => tokenWords(text);

  test('shows line breaks, tabs, and spaces that stand alone', () => {
    expect(words('\n\n')).toBe('↵↵');
    expect(words('\r\n')).toBe('↵');
    expect(words('\t')).toBe('⇥');
    expect(words('  ')).toBe('␣␣');
    expect(words(' the')).toBe('␣the');
    expect(words('')).toBe('∅');
  });

  test('shows a part of a character and control characters as a dot', () => {
    expect(words('\uFFFD')).toBe('·');
    expect(words('a\u0007b\u202Ec')).toBe('a·b·c');
  });

  test('tells signs from what was written', () => {
    expect(piecesOf('a\nb')).toEqual([
      { text: 'a', sign: false, breaks: false },
      { text: '↵', sign: true, breaks: true },
      { text: 'b', sign: false, breaks: false },
    ]);
    // A dot that the model wrote is no sign.
    expect(piecesOf('·')).toEqual([{ text: '·', sign: false, breaks: false }]);
  });
});

describe('the rivals of a token', () => {
  const top = [
    { id: 1, text: ' 49', logprob: Math.log(0.6) },
    { id: 2, text: ' 48', logprob: Math.log(0.2) },
  ];

  test('stand likeliest first, with the token itself among them', () => {
    const rows = rivalRows({ id: 2, text: ' 48', logprob: Math.log(0.2), top });
    expect(rows.map(({ id, own }) => [id, own])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test('have the token itself also where it was too unlikely to be among the likeliest', () => {
    const rows = rivalRows({ id: 9, text: ' so', logprob: Math.log(0.01), top });
    expect(rows.map(({ id, own }) => [id, own])).toEqual([
      [1, false],
      [2, false],
      [9, true],
    ]);
  });
});
