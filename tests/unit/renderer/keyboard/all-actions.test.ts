import { describe, expect, test } from 'vitest';
import { allActions } from '../../../../renderer/keyboard/all-actions.js';

describe('the list of actions', () => {
  test('has no two with the same id', () => {
    const ids = allActions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('gives no key twice where both would hear it', () => {
    for (const place of [
      'generate',
      'gallery',
      'adapters',
      'chat',
      'evaluate',
      'settings',
      'prompt',
      'composer',
      'queue',
    ]) {
      const heard = new Map<string, string>();
      for (const { id, scope, keys } of allActions) {
        if (scope !== place && !(scope === 'anywhere' && !['prompt', 'composer', 'queue'].includes(place))) continue;
        for (const key of keys ?? []) {
          expect(heard.get(key), `${key} at ${place}: ${id}`).toBeUndefined();
          heard.set(key, id);
        }
      }
    }
  });

  test('names each in sentence case and without an exclamation', () => {
    for (const { label } of allActions) expect(label).toMatch(/^[A-Z][^!]*$/);
  });
});
