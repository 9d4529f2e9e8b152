import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import Markdown from 'react-markdown';
import { remarkMath } from '../../../../renderer/chat/math-syntax.js';

const markup = (text: string): string =>
  renderToStaticMarkup(createElement(Markdown, { remarkPlugins: [remarkMath] }, text));

/** The formulas of a text, as they are spelled. */
const formulas = (text: string): string[] =>
  [...markup(text).matchAll(/<span class="math( display)?">([^<]*)<\/span>/g)].map(([, display, tex]) =>
    display === undefined ? (tex ?? '') : `display ${tex}`,
  );

describe('formulas in an answer', () => {
  test('are found in all four spellings', () => {
    expect(formulas('a $x^2$ b \\(y_1\\) c $$z$$ d \\[w\\]')).toEqual(['x^2', 'y_1', 'display z', 'display w']);
  });

  test('hold no markdown, and no escapes of it', () => {
    expect(formulas('$a_1 * b_2 * c_3$ and \\(\\{x\\} \\\\ y\\)')).toEqual(['a_1 * b_2 * c_3', '\\{x\\} \\\\ y']);
    expect(markup('$a_1 * b_2 * c_3$')).not.toContain('<em>');
  });

  test('may go over lines, also under an item of a list', () => {
    expect(formulas('so\n$$\na = b\n$$\nthen')).toEqual(['display \na = b\n']);
    expect(formulas('1. so\n   \\[\n   a\n   \\]\n')).toEqual(['display \na\n']);
  });

  test('are no prices, no variables of a shell and no escaped signs', () => {
    const texts = [
      'It costs $5 or $10.',
      '$5-$10',
      'US$5 and US$6',
      '$HOME/$USER',
      '\\$x\\$',
      'a $ b $ c',
      'from $5, to $6',
      'It costs $5 or $10, and no more.',
      '`$x$`',
    ];
    for (const text of texts) expect(formulas(text), text).toEqual([]);
    expect(markup('It costs $5 or $10.')).toBe('<p>It costs $5 or $10.</p>');
  });

  test('that do not end are the text they are', () => {
    expect(markup('a \\(x and $y')).toBe('<p>a (x and $y</p>');
    expect(formulas('\\(x and \\[y and $z$')).toEqual(['z']);
    expect(formulas('It costs $5 or $10; a sum: $$x$$')).toEqual(['display x']);
  });

  test('that never end are searched for once, not once each', () => {
    // Each searched to the end of the text would be 10¹⁰ steps, and no test takes that long.
    expect(formulas('a \\(b '.repeat(50_000))).toEqual([]);
  });
});
