import { expect, test } from 'vitest';
import type { UsedAdapter } from '../../../../app/contracts/adapters.js';
import { cardOnShelf } from '../../../../renderer/gallery/receipt.js';
import { cardOf } from '../adapters/test-cards.js';

const hashes = (tensors: string) => ({ sha256: 's', autov2: 's', autov3: tensors, tensors });
const used = { name: 'ink', receipt: { file: '/old/ink.safetensors', hashes: hashes('t') } } as UsedAdapter;

test('an adapter of a picture is found by its tensors wherever its file lies now', () => {
  const renamed = cardOf({ id: 'r', name: 'renamed', path: '/new/renamed.safetensors', hashes: hashes('t') });
  expect(cardOnShelf(used, [cardOf({ id: 'x', name: 'ink', hashes: hashes('u') }), renamed])?.id).toBe('r');
});

test('before files are hashed it is found by its path, then by its name', () => {
  const byName = cardOf({ id: 'n', name: 'ink', path: '/new/ink.safetensors' });
  const byPath = cardOf({ id: 'p', name: 'other', path: '/old/ink.safetensors' });
  expect(cardOnShelf(used, [byName, byPath])?.id).toBe('p');
  expect(cardOnShelf(used, [byName])?.id).toBe('n');
});

test('another file of the same name is not taken for it', () => {
  expect(cardOnShelf(used, [cardOf({ id: 'x', name: 'ink', hashes: hashes('u') })])).toBeNull();
});
