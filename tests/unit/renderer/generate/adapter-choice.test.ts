import { describe, expect, test } from 'vitest';
import { canBeNamed, choicesFor, tagBeingTyped } from '../../../../renderer/generate/adapter-choice.js';
import { cardOf } from '../adapters/test-cards.js';

const names = (text: string, ...cards: Parameters<typeof cardOf>[0][]): string[] =>
  choicesFor(
    cards.map((card) => cardOf(card)),
    text,
  ).map(({ name }) => name);

const other = { base: 'sdxl', fit: { state: 'other', matched: 0, total: 722 } } as const;
const partial = { fit: { state: 'partial', matched: 250, total: 264 } } as const;

describe('the list to add from', () => {
  test('begins with those that fit, then those that fit in part; other bases come last', () => {
    expect(names('', { name: 'red', ...other }, { name: 'grain', ...partial }, { name: 'ink' })).toEqual([
      'ink',
      'grain',
      'red',
    ]);
  });

  test('puts the better match first, then the last used, then the name, with numbers as numbers', () => {
    expect(names('ink', { name: 'old ink' }, { name: 'ink' })).toEqual(['ink', 'old ink']);
    expect(names('', { name: 'a' }, { name: 'b', usedAt: 7 })).toEqual(['b', 'a']);
    expect(names('', { name: 'style-10' }, { name: 'style-9' })).toEqual(['style-9', 'style-10']);
  });

  test('finds by title, alias, tag and trigger word, and nothing else', () => {
    const found = names(
      'paper',
      { name: 'one', title: 'Paper worlds' },
      { name: 'two', alias: 'paper_v2' },
      { name: 'three', tags: ['paper'] },
      { name: 'four', triggerWords: [{ text: 'paper texture', source: 'metadata' }] },
      { name: 'five' },
    );
    expect(found.toSorted()).toEqual(['four', 'one', 'three', 'two']);
  });
});

describe('a tag being typed', () => {
  const at = (text: string): unknown => tagBeingTyped(text, text.length);

  test('begins at its sign, with or without its kind', () => {
    expect(at('boat <')).toEqual({ start: 5, name: '' });
    expect(at('boat <fla')).toEqual({ start: 5, name: 'fla' });
    expect(at('boat <lora:3d ink')).toEqual({ start: 5, name: '3d ink' });
  });

  test('ends with its name: nothing is offered for a whole tag, its numbers, a heart or a comparison', () => {
    for (const text of ['<lora:ink:1>', '<lora:ink:0.', 'i <3', 'a < b', '<ink\n']) expect(at(text)).toBeNull();
  });

  test('is looked at up to the caret', () => {
    expect(tagBeingTyped('<fl at noon', 3)).toEqual({ start: 0, name: 'fl' });
  });
});

test('a name that a tag cannot hold is not offered in the prompt', () => {
  expect(canBeNamed(cardOf({ name: 'a:b' }))).toBe(false);
  expect(canBeNamed(cardOf({ name: 'flat ink (v2)' }))).toBe(true);
});
