import { describe, expect, test } from 'vitest';
import type { UsedAdapter } from '../../../../app/contracts/adapters.js';
import { a1111Adapters, readLoraHashes, writeLoraHashes } from '../../../../app/gallery/a1111-adapters.js';
import { receiptOf } from '../adapter-parts.js';

/** An adapter whose tensors' hash begins with these 12 digits. */
function used(name: string, weight: number, textWeight: number, fromPrompt: boolean, file = name): UsedAdapter {
  const receipt = receiptOf(file);
  const hashes = { ...receipt.hashes, sha256: `sha256 of ${file}`, autov3: `hash of ${file}` };
  return { name, weight, textWeight, fromPrompt, how: 'live', receipt: { ...receipt, hashes } };
}
const written = (prompt: string, adapters: UsedAdapter[]) => {
  const { prompt: text, hashes } = a1111Adapters(prompt, adapters);
  return { text, hashes: Object.fromEntries(hashes) };
};

describe('a1111Adapters', () => {
  test('leaves a prompt without adapters as it is', () => {
    expect(written('a cat ', [])).toEqual({ text: 'a cat ', hashes: {} });
  });

  test('appends a tag for each row of the mixer', () => {
    const rows = [used('flat-ink', 0.6, 0.8, false), used('grain', -1, -1, false)];
    expect(written('a cat', rows)).toEqual({
      text: 'a cat <lora:flat-ink:0.8:0.6> <lora:grain:-1>',
      hashes: { 'flat-ink': 'hash of flat-ink', grain: 'hash of grain' },
    });
    expect(written('', rows).text).toBe('<lora:flat-ink:0.8:0.6> <lora:grain:-1>');
    expect(written('a cat,\n', rows).text).toBe('a cat,\n<lora:flat-ink:0.8:0.6> <lora:grain:-1>');
  });

  test('leaves tags as they were typed, and names their hashes as they do', () => {
    const prompt = '<lora:off:0>a <lora:Ink alias:.5> cat <lora:grain:te=1:unet=0.2>';
    const tags = [used('flat-ink', 0.5, 0.5, true), used('grain', 0.2, 1, true)];
    expect(written(prompt, tags)).toEqual({
      text: prompt,
      hashes: { 'Ink alias': 'hash of flat-ink', grain: 'hash of grain' },
    });
  });

  test('writes one tag with the sum for an adapter that is in the mixer and in the prompt', () => {
    const adapters = [used('flat-ink', 0.1, 0.5, false), used('grain', 1, 1, true), used('flat-ink', 0.2, 0.3, true)];
    expect(written('a <lora:grain:1> cat<lora:flat-ink:0.3:0.2>', adapters)).toEqual({
      text: 'a <lora:grain:1> cat <lora:flat-ink:0.8:0.3>',
      hashes: { grain: 'hash of grain', 'flat-ink': 'hash of flat-ink' },
    });
  });

  test('tells the hash of a name that no tag can spell', () => {
    expect(written('a cat', [used('b:c', 1, 1, false)])).toEqual({ text: 'a cat', hashes: { 'b:c': 'hash of b:c' } });
  });
});

test('hashes read back by the names that are left of them', () => {
  const hashes = new Map([
    ['flat-ink', '52e8b0c41d7a'],
    ['b:c, d', '0D9B3C5512EF'],
  ]);
  const text = writeLoraHashes(hashes) ?? '';
  expect(text).toBe('flat-ink: 52e8b0c41d7a, bc d: 0D9B3C5512EF');
  expect([...readLoraHashes(text)]).toEqual([
    ['flat-ink', '52e8b0c41d7a'],
    ['bc d', '0d9b3c5512ef'],
  ]);
});
