import { expect, test } from 'vitest';
import { foldersOfNamesakes } from '../../../../renderer/words/namesakes.js';

test('only cards that share a name are told by their folder', () => {
  const third = { name: 'third', path: '/loras/third.safetensors' };
  const inSub = { name: 'Third', path: 'C:\\loras\\sub\\Third.safetensors' };
  const ink = { name: 'ink', path: '/loras/ink.safetensors' };
  const folderOf = foldersOfNamesakes([third, inSub, ink]);
  expect([third, inSub, ink].map(folderOf)).toEqual(['loras', 'sub', null]);
});
