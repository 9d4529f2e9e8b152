import { describe, expect, test } from 'vitest';
import {
  fitWords,
  dayHeading,
  endingOf,
  rateFigure,
  tokensWords,
  turnsWords,
  waitingWords,
} from '../../../../renderer/chat/chat-words.js';
import { answer } from './test-turns.js';

describe('the heading of a conversation', () => {
  const now = new Date(2026, 2, 10, 0, 30).getTime();
  const before = (days: number, hour = 12): number => new Date(2026, 2, 10 - days, hour).getTime();

  test('goes by calendar days, not by hours', () => {
    expect(dayHeading(before(1, 23), now)).toBe('Yesterday');
    expect(dayHeading(now, now)).toBe('Today');
    expect(dayHeading(now + 60_000, now)).toBe('Today');
  });

  test('gathers what is older', () => {
    expect([2, 6, 7, 29, 30, 400].map((days) => dayHeading(before(days), now))).toEqual([
      'Last 7 days',
      'Last 7 days',
      'Last 30 days',
      'Last 30 days',
      'Older',
      'Older',
    ]);
  });
});

test('turns and branches are counted where there are any', () => {
  expect(turnsWords({ turns: 0, branches: 1 })).toBe('Nothing said yet');
  expect(turnsWords({ turns: 1, branches: 1 })).toBe('1 turn');
  expect(turnsWords({ turns: 12, branches: 3 })).toBe('12 turns, 3 branches');
});

describe('the speed of an answer', () => {
  test('stands beside its tokens, where there is one', () => {
    expect(tokensWords(38, 61.7)).toBe('38 tokens, 62 a second');
    expect(tokensWords(1, null)).toBe('1 token');
  });

  test('has tenths where it is slow', () => {
    expect([4.25, 9.94, 9.96, 1234].map(rateFigure)).toEqual(['4.3', '9.9', '10', '1,234']);
  });
});

describe('before the first token', () => {
  const wait = { phase: 'reading', read: 300, toRead: 1204, secondsLeft: 2 } as const;

  test('it says what is read, and for how long still', () => {
    expect(waitingWords(wait, 'SmolLM2', 9)).toBe('Reading 300 of 1,204 tokens · about 2 s left');
    expect(waitingWords({ ...wait, secondsLeft: null }, 'SmolLM2', 9)).toBe('Reading 300 of 1,204 tokens');
  });

  test('it names the model that is loaded only when that takes time', () => {
    expect(waitingWords({ ...wait, phase: 'loading' }, 'SmolLM2', 0.4)).toBe('Starting');
    expect(waitingWords({ ...wait, phase: 'loading' }, 'SmolLM2', 2.3)).toBe('Loading SmolLM2 · 2 s');
  });
});

describe('the end of an answer', () => {
  test('needs no words when it was the model’s own', () => {
    expect(endingOf(answer({ state: 'stop' }), 8192)).toBeNull();
  });

  test('before the first word has nothing that was kept', () => {
    expect(endingOf(answer({ state: 'cancelled', completionTokens: 0 }), 8192)?.text).toBe(
      'Stopped before the first word.',
    );
    expect(endingOf(answer({ state: 'cancelled' }), 8192)?.text).toBe('Stopped. What was said is kept.');
  });

  test('at its limit offers to go on', () => {
    const ending = endingOf(answer({ state: 'length' }), 8192);
    expect(ending).toMatchObject({ text: 'The answer reached its limit of 512 tokens.', goesOn: true });
  });

  test('in a full context cannot go on, and says so', () => {
    const full = answer({ state: 'length', promptTokens: 500, completionTokens: 12 });
    expect(endingOf(full, 512)).toMatchObject({ goesOn: false, tone: 'warn' });
    expect(endingOf(full, null)?.goesOn).toBe(true);
  });

  test('by a lost engine keeps what was said and goes on', () => {
    const ending = endingOf(answer({ state: 'lost' }), 8192);
    expect(ending).toMatchObject({ tone: 'bad', goesOn: true });
    expect(ending?.text).toBe('The engine stopped in the middle; what was said is kept.');
  });

  test('by a fault has the fault’s own sentence', () => {
    const error = { kind: 'unfit-model', message: 'Its template cannot be read.' } as const;
    expect(endingOf(answer({ state: 'failed', error }), 8192)?.text).toBe(error.message);
  });
});

test('a model that this computer can never hold is told apart from one that has no room now', () => {
  const fit = { fits: false, canFit: true, weights: 4.4e9, free: 1e9 };
  expect(fitWords(fit)).toBe('Too large for now: 4.4 GB of weights, 1.0 GB free');
  expect(fitWords({ ...fit, canFit: false })).toMatch(/^Too large for this computer: /);
  expect(fitWords({ ...fit, fits: true })).toMatch(/^Fits: /);
});
