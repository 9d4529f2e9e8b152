import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../../../renderer/chat/markdown-blocks.js';

const texts = (text: string): string[] => blocksOf(text).map((block) => block.text);

describe('an answer as blocks', () => {
  test('is cut at blank lines', () => {
    expect(texts('One\ntwo\n\n\nThree')).toEqual(['One\ntwo', 'Three']);
  });

  test('keeps a list whole, also over blank lines and what is indented under its items', () => {
    const list = '1. one\n\n   more of one\n\n2. two';
    expect(texts(`${list}\n\nAfter`)).toEqual([list, 'After']);
  });

  test('keeps code under an item in its list, with its blank lines', () => {
    const list = '1. run\n\n   ```js\n   a\n\n   b\n   ```\n\n2. look';
    expect(texts(`${list}\n\nAfter`)).toEqual([list, 'After']);
    expect(texts('- run\n  ```\n  a\n\nb')).toEqual(['- run\n  ```\n  a\n\nb']);
  });

  test('keeps a table whole', () => {
    const table = '| a | b |\n| - | - |\n| 1 | 2 |';
    expect(texts(`Before\n\n${table}\n\nAfter`)).toEqual(['Before', table, 'After']);
  });

  test('makes code a block of its own, with its language and its blank lines', () => {
    expect(blocksOf('Run\n```ts\na\n\n# b\n```\nnow')).toEqual([
      { kind: 'markdown', text: 'Run' },
      { kind: 'code', language: 'ts', text: 'a\n\n# b', closed: true },
      { kind: 'markdown', text: 'now' },
    ]);
  });

  test('makes a formula with its own lines a block of its own', () => {
    expect(blocksOf('So\n\\[\na\n= b\n\\]\nthen')).toEqual([
      { kind: 'markdown', text: 'So' },
      { kind: 'math', text: 'a\n= b', closed: true },
      { kind: 'markdown', text: 'then' },
    ]);
    expect(blocksOf('$$ x $$')).toEqual([{ kind: 'math', text: 'x', closed: true }]);
    expect(blocksOf('\\begin{align}\na\n\\end{align}')).toEqual([
      { kind: 'math', text: '\\begin{align*}a\\end{align*}', closed: true },
    ]);
  });

  test('shows a formula whose end has not come yet as one, until an empty line says that none comes', () => {
    expect(blocksOf('$$\na')).toEqual([{ kind: 'math', text: '$$\na', closed: false }]);
    expect(texts('$$\na\n\nb')).toEqual(['$$\na', 'b']);
    expect(blocksOf('$$\na\n\nb').map(({ kind }) => kind)).toEqual(['markdown', 'markdown']);
  });

  test('leaves a formula within a line, or under an item, to the text', () => {
    expect(texts('\\[x\\] is small')).toEqual(['\\[x\\] is small']);
    expect(texts('1. so\n   \\[\n   x\n   \\]\n2. then')).toEqual(['1. so\n   \\[\n   x\n   \\]\n2. then']);
  });

  test('shows code whose end has not come yet as code', () => {
    expect(blocksOf('```\nlet a')).toEqual([{ kind: 'code', language: '', text: 'let a', closed: false }]);
  });

  test('ends code only at a fence of the same sign and at least its length', () => {
    expect(blocksOf('````\n```\n~~~\n````')).toEqual([{ kind: 'code', language: '', text: '```\n~~~', closed: true }]);
  });

  test('takes three backticks within a line for inline code', () => {
    expect(blocksOf('```not a `fence')).toEqual([{ kind: 'markdown', text: '```not a `fence' }]);
  });

  test('loses no word and no order, whatever is written', () => {
    const line = constantFrom(
      '',
      'word',
      '- item',
      '  indented',
      '   ```',
      '```',
      '```js',
      '~~~',
      '# head',
      '| a |',
      '1. one',
    );
    assert(
      property(array(line, { maxLength: 40 }), (lines) => {
        const words = (text: string): string[] => text.match(/[a-z]+/g) ?? [];
        const kept = blocksOf(lines.join('\n')).flatMap((block) =>
          block.kind === 'code' ? [...words(block.language), ...words(block.text)] : words(block.text),
        );
        expect(kept).toEqual(words(lines.join('\n')));
      }),
    );
  });

  test('changes only its last blocks while words come', () => {
    const whole = 'Intro\n\n- a\n- b\n\nThen\n\n```py\nx = 1\n```\n\nEnd of it';
    for (let length = 1; length < whole.length; length += 1) {
      const now = blocksOf(whole.slice(0, length));
      const next = blocksOf(whole.slice(0, length + 1));
      // A third backtick turns the last paragraph's end into code; what came before stays as it is.
      expect(next.slice(0, now.length - 1)).toEqual(now.slice(0, -1));
    }
  });
});
