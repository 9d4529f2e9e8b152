import { describe, expect, test } from 'vitest';
import { sistersOf, tipOf, wayTo, withTurns } from '../../../../renderer/chat/turns-tree.js';
import { answered, said } from './test-turns.js';

const ids = (turns: readonly { id: string }[]): string[] => turns.map(({ id }) => id);

/** One question with two answers; the second has a question after it that was edited once. */
const turns = [
  said('ask', null),
  answered('first', 'ask'),
  answered('second', 'ask'),
  said('more', 'second'),
  answered('more answered', 'more'),
  said('more, edited', 'second'),
  answered('edited answered', 'more, edited'),
];

describe('a way through a conversation', () => {
  test('goes from the first turn to the tip', () => {
    expect(ids(wayTo(turns, 'more answered'))).toEqual(['ask', 'second', 'more', 'more answered']);
  });

  test('of nothing is empty', () => {
    expect(wayTo(turns, null)).toEqual([]);
    expect(wayTo(turns, 'gone')).toEqual([]);
  });

  test('ends where turns lead back to themselves', () => {
    const ring = [said('a', 'b'), said('b', 'a')];
    expect(ids(wayTo(ring, 'a'))).toEqual(['b', 'a']);
    expect(tipOf(ring, 'a')).toBe('b');
  });
});

describe('sisters', () => {
  test('are the turns that follow the same one, oldest first', () => {
    expect(ids(sistersOf(turns, 'second'))).toEqual(['first', 'second']);
    expect(ids(sistersOf(turns, 'more'))).toEqual(['more', 'more, edited']);
  });

  test('of a first turn are the other first turns, also one whose parent is gone', () => {
    const roots = [said('one', null), said('two', null), said('three', 'gone')];
    expect(ids(sistersOf(roots, 'one'))).toEqual(['one', 'two', 'three']);
  });

  test('stand by their time, whatever order they came in', () => {
    const [old, young] = [said('old', null), said('young', null)];
    expect(ids(sistersOf([young, old], 'young'))).toEqual(['old', 'young']);
  });
});

test('a branch is shown to its newest end', () => {
  expect(tipOf(turns, 'second')).toBe('edited answered');
  expect(tipOf(turns, 'more')).toBe('more answered');
  expect(tipOf(turns, 'first')).toBe('first');
});

test('new turns are added and newer states take the place of older ones', () => {
  const goingOn = { ...turns[1]!, text: 'first, and more' };
  const news = said('news', 'first');
  const after = withTurns(turns, [goingOn, news]);
  expect(after).toHaveLength(turns.length + 1);
  expect(after[1]).toBe(goingOn);
  expect(after.at(-1)).toBe(news);
});
