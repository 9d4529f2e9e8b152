import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { disguise, harmlessWords, reveal } from '../../../../native-models/tokenizers/language-typed-text.js';

it('a disguise is taken off again, whatever was typed', () => {
  const anything = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(anything, (typed) => {
      expect(reveal(disguise(typed, ['</think>', 'user']))).toBe(typed);
    }),
  );
  expect(reveal(disguise('\ud800 lone \u{10ffff}'))).toBe('\ud800 lone \u{10ffff}');
});

it('white space and the given words stay readable, nothing else does', () => {
  const shown = disguise(' a</think>\nb', ['</think>']);
  expect(shown.replace(/[\u{100000}-\u{10ffff}]/gu, '?')).toBe(' ?</think>\n?');
});

it('words of which control tokens could be made are not harmless', () => {
  const control = ['<|user|>', '[INST]', '</s>'];
  const words = ['</think>', 'user', '<|', '|>', '<|user|>', 'x[INST]y', 'at the end <', ' ', '<tool_call>', '>'];
  expect(harmlessWords(words, control)).toEqual(['<tool_call>', '</think>']);
});
