import { describe, expect, test } from 'vitest';
import type { EvaluationProgress } from '../../../../app/contracts/evaluation.js';
import {
  adviceFor,
  distanceWords,
  fileName,
  lookWords,
  progressWords,
  shareDone,
} from '../../../../renderer/evaluate/evaluate-words.js';
import { setWords, splitFirst } from '../../../../renderer/evaluate/summary.js';
import { phasesOf } from '../../../../renderer/evaluate/unfinished.js';
import { settings } from './test-runs.js';

const progress: EvaluationProgress = {
  ...{ id: 'r', phase: 'features', what: 'Features of run-12', done: 620, of: 1000, secondsLeft: 46 },
};

describe('progress', () => {
  test('is told in pictures, and with the time that is left', () => {
    expect(progressWords(progress)).toBe('Features of run-12 · 620 of 1,000 pictures · 46 s left');
    expect(shareDone(progress)).toBe(0.62);
  });
  test('of the mathematics is a share', () => {
    const measures = { ...progress, phase: 'measures', what: 'Intervals of FID', done: 0.34, of: 1 } as const;
    expect(progressWords({ ...measures, secondsLeft: null })).toBe('Intervals of FID · 34 %');
  });
  test('before anything is counted is only its name', () => {
    const listing = { ...progress, phase: 'listing', what: 'Listing run-12', done: 0, of: 0 } as const;
    expect(progressWords({ ...listing, secondsLeft: null })).toBe('Listing run-12');
    expect(shareDone(listing)).toBe(0);
    expect(progressWords({ ...listing, done: 1, of: 1, secondsLeft: null })).toBe('Listing run-12');
    expect(shareDone({ ...listing, done: 1, of: 1 })).toBe(0);
  });
  test('has the parts that the metrics need', () => {
    const needs = new Map([
      ['kid', 'sets'],
      ['clip', 'captions'],
    ]);
    expect(phasesOf(settings, needs)).toEqual(['listing', 'features', 'measures']);
    expect(phasesOf({ ...settings, metrics: ['clip'] }, needs)).toContain('captions');
  });
});

test('a source says how much it holds', () => {
  const look = { label: 's', skipped: [], carriesPrompts: false, notices: [], token: 't', shown: 0 };
  const seen = (more: { count: number | null; dimensions: number | null }) =>
    lookWords({ state: 'seen', look: { ...look, ...more } });
  expect(seen({ count: 1, dimensions: null })).toBe('1 picture');
  expect(seen({ count: null, dimensions: 2048 })).toBe('Statistics of 2,048 dimensions');
  expect(lookWords(null)).toBe('Counting the pictures');
});

test('a set says what was done to it', () => {
  const skipped = [{ file: 'a', reason: 'b' }];
  const notes = [{ note: 'transparency dropped', count: 12 }];
  expect(setWords({ label: 'run-12', count: 1000, skipped, duplicates: 2, notes })).toBe(
    'run-12: 1,000 pictures, 1 skipped, 2 duplicates; transparency dropped (12)',
  );
});

test('the first sentence of a warning ends at its full stop, not within a number', () => {
  expect(splitFirst('Do not quote the FID. With 1,000 pictures it reads about 9.6 too high.')).toEqual([
    'Do not quote the FID.',
    'With 1,000 pictures it reads about 9.6 too high.',
  ]);
  expect(splitFirst('It reads 9.6 too high.')).toEqual(['It reads 9.6 too high.', '']);
});

test('every failure has its advice', () => {
  expect(adviceFor('bad-input')).toBe('Mend it in the column, and evaluate again.');
  expect(adviceFor('engine-lost')).toBe('What was computed is kept; it goes on from there.');
});

test('distances and paths are short', () => {
  expect([0.2134, 12.44, 345.6].map(distanceWords)).toEqual(['0.21', '12.4', '346']);
  expect([fileName('/data/run-12/'), fileName('C:\\ink\\ref')]).toEqual(['run-12', 'ref']);
});
