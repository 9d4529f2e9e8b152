/** A language model's folder: what is read from it, and what is wrong with it in one sentence. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openLanguageNetwork } from '../../../../native-models/runtime/language-network.js';
import { readLanguageFolder } from '../../../../native-models/weight-formats/language-folder.js';
import { readLanguageGolden } from '../../../parity/language-goldens.js';

const storyteller = path.resolve(import.meta.dirname, '../../../../native-models/embedded/storyteller');

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'language-folder-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test('the storyteller says what it is', async () => {
  const files = await readLanguageFolder(storyteller);
  expect(files).toMatchObject({
    label: 'storyteller',
    dtype: 'F32',
    parameters: 260_032,
    endTokens: [1, 2],
    sampling: { temperature: 0.8, topP: 0.95 },
  });
  expect(files.config).toMatchObject({ family: 'llama', contextLength: 512, layers: 5, tiedHead: true });
  expect(files.identities.map(({ label }) => label)).toEqual([
    'storyteller/config.json',
    'storyteller/model.safetensors',
  ]);
});

test('without a generation config the end is the one of the config, and nothing is recommended', async () => {
  const { files } = await readLanguageGolden('qwen3', scratch);
  expect(files.endTokens).toEqual([2]);
  expect(files.sampling).toEqual({});
});

test('numbers are counted over all shards', async () => {
  const whole = await readLanguageGolden('llama-bf16', scratch);
  const dealt = await readLanguageGolden('llama-bf16', scratch, { shards: 3 });
  expect(dealt.files.parameters).toBe(whole.files.parameters);
  expect(dealt.files.dtype).toBe('BF16');
  expect(dealt.files.identities).toHaveLength(4);
});

test('no config', async () => {
  await expect(readLanguageFolder(scratch, 'mine')).rejects.toThrow('mine/config.json is not there or cannot be read.');
});

test('no weights', async () => {
  await writeFile(path.join(scratch, 'config.json'), await readFile(path.join(storyteller, 'config.json')));
  await expect(readLanguageFolder(scratch, 'mine')).rejects.toMatchObject({
    kind: 'missing-file',
    message: 'mine has no weights: neither a .safetensors nor a .bin file stands beside its config.json.',
  });
});

test('an end token that is none', async () => {
  const change = (config: Record<string, unknown>): Record<string, unknown> => ({ ...config, eos_token_id: [2, -1] });
  await expect(readLanguageGolden('llama', scratch, { change })).rejects.toThrow(
    'llama/config.json: eos_token_id should be a token id or a list of them, got [2,-1].',
  );
});

describe('config and weights of different models', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a head that is not there',
      { tie_word_embeddings: false, golden: 'smollm2' },
      'smollm2/model.safetensors has no tensor lm_head.weight, which its config asks for.',
    ],
    [
      'another width',
      { intermediate_size: 81, golden: 'llama' },
      'llama/model.safetensors: model.layers.0.mlp.gate_proj.weight is [80, 48], its config asks for [81, 48].',
    ],
    [
      'more layers than the config has',
      { num_hidden_layers: 1, golden: 'llama' },
      'llama/model.safetensors holds 9 tensors that its config.json has no place for, model.layers.1.input_layernorm.weight for one: config and weights are of different models.',
    ],
    [
      'biases that the config does not know of',
      { attention_bias: false, golden: 'llama-biases' },
      'llama-biases/model.safetensors holds 8 tensors that its config.json has no place for, model.layers.0.self_attn.k_proj.bias for one: config and weights are of different models.',
    ],
  ])('%s', async (_, { golden, ...fields }, sentence) => {
    const change = (config: Record<string, unknown>): Record<string, unknown> => ({ ...config, ...fields });
    const { files } = await readLanguageGolden(String(golden), scratch, { change });
    await expect(openLanguageNetwork(files, { device: 'cpu' })).rejects.toMatchObject({
      kind: 'unfit-model',
      message: sentence,
    });
  });
});
