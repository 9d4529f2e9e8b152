import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { TokensView } from '../../../../renderer/chat/tokens-view.js';

/** As it is read, line by line. */
const linesOf = (...texts: string[]): string[] => {
  const tokens = texts.map((text, id) => ({ id, text, logprob: -1, top: [] }));
  const markup = renderToStaticMarkup(createElement(TokensView, { turn: 't', tokens }));
  return markup.replace(/<[^>]*>/g, '').split('\n');
};

test('a token breaks right after its ↵, so that code keeps its indentation', () => {
  expect(linesOf('if', ':\n    ', 'return', '\n', 'x')).toEqual(['if:↵', '    return↵', 'x']);
  expect(linesOf('a', '\n\n  ', 'b')).toEqual(['a↵', '↵', '  b']);
});
