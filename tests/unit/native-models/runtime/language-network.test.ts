/** The cache of a language network: what is kept, what is forgotten, what it weighs, and what is refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openLanguageBatch } from '../../../../native-models/runtime/language-batch.js';
import type { LanguageNetwork } from '../../../../native-models/runtime/language-network.js';
import { keyValueBytes, openLanguageNetwork } from '../../../../native-models/runtime/language-network.js';
import { languageWeightsMode } from '../../../../native-models/runtime/session-options.js';
import type { Network, Tensors } from '../../../../native-models/runtime/network.js';
import { ints } from '../../../../native-models/runtime/tensor.js';
import type { LanguageFolder } from '../../../../native-models/weight-formats/language-folder.js';
import { readLanguageFolder } from '../../../../native-models/weight-formats/language-folder.js';
import { relativeDifference } from '../../../parity/golden.js';
import { readLanguageGolden } from '../../../parity/language-goldens.js';

const folder = path.resolve(import.meta.dirname, '../../../../native-models/embedded/storyteller');

let storyteller: LanguageFolder;
let scratch = '';
beforeAll(async () => {
  storyteller = await readLanguageFolder(folder);
  scratch = await mkdtemp(path.join(tmpdir(), 'language-network-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const prompt = [1, 403, 407, 261, 378];
const longer = (count: number): number[] => Array.from({ length: count }, (_, i) => 3 + ((i * 37) % 90));

describe('the cache', () => {
  let network: LanguageNetwork;
  beforeEach(async () => {
    network = await openLanguageNetwork(storyteller, { device: 'cpu' });
  });
  afterEach(() => network.release());

  test('counts the tokens that were computed', async () => {
    expect([network.length, network.vocabulary, network.contextLength]).toEqual([0, 512, 512]);
    const logits = await network.forward(prompt, 'last');
    expect([logits.length, network.length]).toEqual([512, 5]);
    expect(await network.forward([432, 383], 'all')).toHaveLength(2 * 512);
    expect(network.length).toBe(7);
  });

  test('the last logits are the last of all', async () => {
    const all = await network.forward(prompt, 'all');
    network.truncate(0);
    expect(relativeDifference(await network.forward(prompt, 'last'), all.subarray(-512))).toBeLessThanOrEqual(1e-6);
  });

  test('a branch from an earlier token forgets what came after it', async () => {
    await network.forward(prompt, 'last');
    const first = await network.forward([432], 'last');
    await network.forward([383, 286, 261], 'last');
    network.truncate(5);
    const rival = await network.forward([426], 'last');
    network.truncate(5);
    expect(await network.forward([432], 'last')).toEqual(first);
    expect(relativeDifference(rival, first)).toBeGreaterThan(0.1);
  });

  test('cannot be cut to more than it holds', async () => {
    await network.forward(prompt, 'last');
    expect(() => network.truncate(6)).toThrow('the cache holds 5 tokens, it cannot be cut to 6');
    expect(() => network.truncate(-1)).toThrow(RangeError);
  });

  test('a text longer than the context is refused before anything is computed', async () => {
    await network.forward(longer(510), 'last');
    await expect(network.forward([5, 6, 7], 'last')).rejects.toMatchObject({
      kind: 'bad-input',
      message: 'The text has 513 tokens; this model holds 512 in its context.',
    });
    expect(network.length).toBe(510);
    await network.forward([5, 6], 'last');
    expect(network.length).toBe(512);
  });

  test('a token that the vocabulary does not have leaves the cache as it was', async () => {
    await network.forward(prompt, 'last');
    await expect(network.forward([5, 512], 'last')).rejects.toThrow('whole numbers from 0 to 511, got 512');
    expect(network.length).toBe(5);
    expect(await network.forward([432], 'last')).toHaveLength(512);
  });

  test('two callers at once are a mistake that is told', async () => {
    const running = network.forward(prompt, 'last');
    await expect(network.forward(prompt, 'last')).rejects.toThrow('one text at a time');
    await running;
    expect(network.length).toBe(5);
  });
});

test('a shorter context may be chosen, a longer one than the model has not', async () => {
  const short = await openLanguageNetwork(storyteller, { device: 'cpu', contextLength: 6 });
  await short.forward(prompt, 'last');
  await expect(short.forward([5, 6], 'last')).rejects.toThrow('The text has 7 tokens; this model holds 6');
  await short.release();
  const long = await openLanguageNetwork(storyteller, { device: 'cpu', contextLength: 4096 });
  expect(long.contextLength).toBe(512);
  await long.release();
});

describe('a long text', () => {
  const change = (config: Record<string, unknown>): Record<string, unknown> => ({
    ...config,
    max_position_embeddings: 4000,
  });

  test.each(['llama', 'qwen3-layers'])(
    '%s: token by token past two steps of the cache is as in one pass',
    async (name) => {
      const { files } = await readLanguageGolden(name, scratch, { change });
      const network = await openLanguageNetwork(files, { device: 'cpu' });
      const ids = longer(1100);
      const whole = await network.forward(ids, 'last');
      network.truncate(0);
      await network.forward(ids.slice(0, 505), 'last');
      for (const id of ids.slice(505, 520)) await network.forward([id], 'last');
      await network.forward(ids.slice(520, 1099), 'last');
      const last = await network.forward(ids.slice(1099), 'last');
      await network.release();
      expect(relativeDifference(last, whole)).toBeLessThanOrEqual(1e-4);
    },
  );

  test('whose scores would not fit in one piece is computed in several, with the same logits', async () => {
    const { files } = await readLanguageGolden('llama', scratch, { change });
    const network = await openLanguageNetwork(files, { device: 'cpu' });
    const ids = longer(3200); // 4 heads x 3200 x 3200 scores are 164 MB
    const all = await network.forward(ids, 'all');
    network.truncate(0);
    for (let first = 0; first < 3200; first += 400) {
      const part = await network.forward(ids.slice(first, first + 400), 'all');
      const same = all.subarray(first * 96, (first + 400) * 96);
      expect(relativeDifference(part, same)).toBeLessThanOrEqual(1e-4);
    }
    await network.release();
  });
});

describe('memory', () => {
  test('a text of 8192 tokens takes 189 MB in SmolLM2-135M', () => {
    expect(keyValueBytes({ layers: 30, keyValueHeads: 3, headSize: 64 }, 8192)).toBe(2 * 30 * 192 * 4 * 8192);
  });

  test('weights are folded where they fit twice, kept as they are stored where not, and always folded on a GPU', () => {
    expect(languageWeightsMode(4e9, 'cpu', 9e9)).toBe('fold');
    expect(languageWeightsMode(4e9, 'cpu', 7e9)).toBe('keep-half');
    expect(languageWeightsMode(4e9, 'webgpu', 1e9)).toBe('fold');
  });
});

describe('texts side by side', () => {
  let network: Network;
  beforeAll(async () => {
    network = await openLanguageBatch(storyteller, { batch: 2, tokens: 3 }, { device: 'cpu' });
  });
  afterAll(() => network.release());
  const input_ids = ints([2, 3], [1, 403, 407, 1, 261, 378]);

  test('each is what it would be alone', async () => {
    const { logits } = await network.run({ input_ids });
    const alone = await openLanguageNetwork(storyteller, { device: 'cpu' });
    const second = await alone.forward([1, 261, 378], 'all');
    await alone.release();
    const got = (logits!.data as Float32Array).subarray(3 * 512);
    expect(relativeDifference(got, second)).toBeLessThanOrEqual(1e-5);
  });

  test('what padding says cannot be seen', async () => {
    const attention_mask = ints([2, 3], [0, 1, 1, 1, 1, 1]);
    const one = await network.run({ input_ids, attention_mask });
    const other = await network.run({ input_ids: ints([2, 3], [99, 403, 407, 1, 261, 378]), attention_mask });
    const seen = (outputs: Tensors): Float32Array => (outputs['logits']!.data as Float32Array).subarray(512);
    expect(seen(one)).toEqual(seen(other));
  });

  test.each<[string, Tensors]>([
    ['The input input_ids [2, 3] is missing.', {}],
    [
      'This network has no input ids; its inputs are input_ids, attention_mask, position_ids.',
      { input_ids, ids: input_ids },
    ],
    [
      'The input attention_mask should be int64 [2, 3], got int64 [3, 2].',
      { input_ids, attention_mask: ints([3, 2], new Array<number>(6).fill(1)) },
    ],
    [
      'The input position_ids should be made of whole numbers from 0 to 511, got 512: more is not in this model’s context.',
      { input_ids, position_ids: ints([2, 3], [0, 1, 512, 0, 1, 2]) },
    ],
  ])('%s', async (sentence, inputs) => {
    await expect(network.run(inputs)).rejects.toMatchObject({ kind: 'bad-input', message: sentence });
  });
});
