import { expect, test } from 'vitest';
import {
  bytes,
  count,
  duration,
  firstWords,
  fixed,
  guess,
  measured,
  plural,
  strengths,
} from '../../../../renderer/words/numbers.js';

test('a count sets thousands apart and has a true minus', () => {
  expect(count(3080)).toBe('3,080');
  expect(count(-3080)).toBe('−3,080');
});

test('a plural follows its number', () => {
  expect(plural(1, 'picture')).toBe('1 picture');
  expect(plural(3, 'picture')).toBe('3 pictures');
  expect(plural(2, 'picture is', 'pictures are')).toBe('2 pictures are');
});

test('fixed decimals keep trailing zeros', () => {
  expect(fixed(7, 1)).toBe('7.0');
  expect(fixed(-0.6, 2)).toBe('−0.60');
});

test('a measured time has as many digits as it deserves', () => {
  expect(measured(0.844)).toBe('0.84 s');
  expect(measured(7)).toBe('7.0 s');
  expect(measured(102.2)).toBe('1 min 43 s');
});

test('a time to wait is rounded up to whole seconds', () => {
  expect(duration(3.2)).toBe('4 s');
  expect(duration(60)).toBe('1 min');
  expect(duration(102)).toBe('1 min 42 s');
  expect(duration(7500)).toBe('2 h 5 min');
  expect(duration(-1)).toBe('0 s');
});

test('a guess has one figure', () => {
  expect(guess(3.2)).toBe('4 s');
  expect(guess(2536)).toBe('42 min');
  expect(guess(7500)).toBe('2 h');
});

test('bytes are decimal, and whole where a fraction says nothing', () => {
  expect(bytes(812)).toBe('812 B');
  expect(bytes(48_211)).toBe('48 kB');
  expect(bytes(28_000_000)).toBe('28 MB');
  expect(bytes(2_130_000_000)).toBe('2.1 GB');
  expect(bytes(999_999_999)).toBe('1.0 GB');
});

test('first words end in an ellipsis only when something is left out', () => {
  expect(firstWords('a red heart', 20)).toBe('a red heart');
  expect(firstWords('a red heart', 6)).toBe('a red…');
});

test('strengths are one figure where both are the same, model first where not', () => {
  expect(strengths({ weight: -0.6, textWeight: -0.6 })).toBe('−0.60');
  expect(strengths({ weight: 0.8, textWeight: 0.625 })).toBe('0.80 / 0.625');
});
