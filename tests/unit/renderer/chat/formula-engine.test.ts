import { renderToString } from 'katex';
import { describe, expect, test } from 'vitest';
import { formulaOptions } from '../../../../renderer/chat/formula-engine.js';

const markup = (tex: string): string => renderToString(tex, formulaOptions(true));

describe('a formula from anyone', () => {
  test('is set', () => {
    expect(markup('\\frac{a}{b}')).toContain('class="mfrac"');
  });

  test('brings no links, pictures, classes or styles', () => {
    const texts = [
      '\\href{https://example.org}{x}',
      '\\url{https://example.org}',
      '\\includegraphics{https://example.org/a.png}',
      '\\htmlClass{stopper}{x}',
      '\\htmlStyle{position:fixed}{x}',
      '\\htmlId{chat-composer}{x}',
    ];
    for (const tex of texts) {
      expect(markup(tex), tex).not.toMatch(/<a |<img|href=|src=|class="[^"]*stopper|style="[^"]*position|id="/);
    }
  });

  test('that grows without end is refused', () => {
    expect(() => markup('\\def\\a{\\a\\a}\\a')).toThrow(/Too many expansions/);
  });

  test('leaves nothing behind for the next one', () => {
    markup('\\gdef\\mine{x}\\mine');
    expect(() => markup('\\mine')).toThrow(/Undefined control sequence/);
  });

  test('makes nothing larger than thirty letters', () => {
    const sizes = [...markup('\\rule{5000em}{5000em}').matchAll(/(?:width|height):(-?[\d.]+)em/g)];
    expect(sizes.length).toBeGreaterThan(0);
    for (const [, size] of sizes) expect(Number(size)).toBeLessThanOrEqual(60);
  });
});
