/** The config of a decoder out of a GGUF file's keys. */
import { expect, test } from 'vitest';

import { readLlamaConfig } from '../../../../../native-models/architectures/decoder-families/llama.js';
import { ConfigReader } from '../../../../../native-models/architectures/config-reader.js';
import { readGgufConfig } from '../../../../../native-models/weight-formats/gguf/gguf-config.js';
import { readGguf } from '../../../../../native-models/weight-formats/gguf/read-gguf.js';
import { transformersName } from '../../../../../native-models/weight-formats/gguf/tensor-names.js';
import type { TypedValue, WrittenTensor } from './gguf-files.js';
import { gguf, scratchFolder } from './gguf-files.js';

const scratch = scratchFolder();
const halves = (name: string, ...shape: number[]): WrittenTensor => ({
  name,
  shape,
  type: 1,
  bytes: new Uint8Array(2 * shape.reduce((product, size) => product * size, 1)),
});
const table = halves('token_embd.weight', 100, 32);

const keys = (architecture: string, more: Readonly<Record<string, TypedValue>> = {}): Record<string, TypedValue> => ({
  'general.architecture': { text: architecture },
  [`${architecture}.block_count`]: { u32: 2 },
  [`${architecture}.context_length`]: { u64: 128n },
  [`${architecture}.embedding_length`]: { u32: 32 },
  [`${architecture}.feed_forward_length`]: { u32: 48 },
  [`${architecture}.attention.head_count`]: { u32: 4 },
  [`${architecture}.attention.head_count_kv`]: { u32: 2 },
  [`${architecture}.attention.layer_norm_rms_epsilon`]: { f32: 0.5 },
  ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${architecture}.${key}`, value])),
});

async function config(
  pairs: Readonly<Record<string, TypedValue>>,
  tensors: readonly WrittenTensor[] = [table],
  factors: Float32Array | null = null,
) {
  return readGgufConfig(await readGguf(await scratch.put('Model.gguf', gguf({ pairs, tensors }))), factors);
}

test('a llama file is the network that transformers’ config describes, but for its pairs', async () => {
  const json = {
    vocab_size: 100,
    hidden_size: 32,
    intermediate_size: 48,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 128,
    rms_norm_eps: 0.5,
    tie_word_embeddings: true,
  };
  const expected = readLlamaConfig(new ConfigReader(json, 'config.json'));
  expect(await config(keys('llama'))).toEqual({ ...expected, rotary: { ...expected.rotary, pairing: 'neighbours' } });
});

test('what is absent has its usual value, what is there may be any integer or one for each layer', async () => {
  const { 'llama.attention.head_count_kv': _, ...fewer } = keys('llama', {
    feed_forward_length: { list: [{ i32: 48 }, { i32: 48 }] },
  });
  expect(await config(fewer)).toMatchObject({ keyValueHeads: 4, mlpWidth: 48, headSize: 8, tiedHead: true });
});

test.each([
  ['qwen2', { queryKeyNorm: false }],
  ['qwen3', { queryKeyNorm: true }],
])('%s turns halves', async (architecture, facts) => {
  const read = await config(keys(architecture, { 'attention.key_length': { u32: 16 } }));
  expect(read).toMatchObject({ family: architecture, headSize: 16, ...facts });
  expect(read.rotary.pairing).toBe('halves');
});

test('biases and a separate head are told by their tensors', async () => {
  const tensors = [table, halves('output.weight', 100, 32), halves('blk.0.attn_q.bias', 32)];
  const { biases, tiedHead } = await config(keys('llama'), tensors);
  expect(biases).toEqual({ queryKeyValue: true, output: false, mlp: false });
  expect(tiedHead).toBe(false);
});

test('rope_freqs.weight slows each pair by its factor', async () => {
  const plain = await config(keys('llama'));
  const slowed = await config(keys('llama'), [table], Float32Array.of(1, 2, 4, 8));
  expect(slowed.rotary.frequencies).toEqual(plain.rotary.frequencies.map((f, i) => f / 2 ** i));
});

test('positions scaled linearly, in both spellings, and by YaRN', async () => {
  const plain = await config(keys('llama'));
  const halved = plain.rotary.frequencies.map((f) => f / 2);
  const linear = { 'rope.scaling.type': { text: 'linear' }, 'rope.scaling.factor': { f32: 2 } };
  expect((await config(keys('llama', linear))).rotary.frequencies).toEqual(halved);
  expect((await config(keys('llama', { 'rope.scale_linear': { f32: 2 } }))).rotary.frequencies).toEqual(halved);

  const yarn = {
    'rope.scaling.type': { text: 'yarn' },
    'rope.scaling.factor': { f32: 4 },
    'rope.scaling.original_context_length': { u32: 32 },
  };
  const { rotary, contextLength } = await config(keys('qwen2', yarn));
  expect(rotary.amplitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
  expect(contextLength).toBe(128);
  expect(rotary.frequencies.at(-1)).toBeLessThan(plain.rotary.frequencies.at(-1)!);
});

test.each<[string, Readonly<Record<string, TypedValue>>, readonly WrittenTensor[], string]>([
  [
    'another architecture',
    keys('mamba'),
    [table],
    'Model.gguf: this is a mamba model, which is not supported yet as GGUF. Supported ones are llama, qwen2, qwen3.',
  ],
  [
    'a file of no architecture',
    {},
    [table],
    'Model.gguf: this is a nameless model, which is not supported yet as GGUF.',
  ],
  ['a mixture of experts', keys('llama', { expert_count: { u32: 8 } }), [table], 'this is a mixture of experts'],
  ['a vocabulary alone', keys('llama'), [], 'it holds a vocabulary and no network.'],
  [
    'heads that turn in part',
    keys('llama', { 'rope.dimension_count': { u32: 4 } }),
    [table],
    'llama.rope.dimension_count differs from the size of a head, 8',
  ],
  [
    'layers of different widths',
    keys('llama', { feed_forward_length: { list: [{ u32: 48 }, { u32: 64 }] } }),
    [table],
    'llama.feed_forward_length differs from layer to layer',
  ],
  [
    'longrope',
    keys('llama', { 'rope.scaling.type': { text: 'longrope' } }),
    [table],
    'its positions are scaled by “longrope”, which is not supported yet.',
  ],
  [
    'a key of the wrong type',
    keys('llama', { block_count: { text: 'many' } }),
    [table],
    'Model.gguf: llama.block_count is "many", it should be a whole number of at least 1.',
  ],
  [
    'no layers',
    keys('llama', { block_count: { u32: 0 } }),
    [table],
    'llama.block_count is 0, it should be a whole number of at least 1.',
  ],
])('%s is refused', async (_, pairs, tensors, words) => {
  await expect(config(pairs, tensors)).rejects.toThrow(words);
});

test('factors that are not one for each pair are refused', async () => {
  await expect(config(keys('llama'), [table], Float32Array.of(1, 2))).rejects.toThrow(
    'Model.gguf: rope_freqs.weight should be 4 numbers above 0, one for each pair of a head.',
  );
});

test.each([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output.weight', 'lm_head.weight'],
  ['blk.12.attn_k.bias', 'model.layers.12.self_attn.k_proj.bias'],
  ['blk.3.ffn_norm.weight', 'model.layers.3.post_attention_layernorm.weight'],
  ['rope_freqs.weight', null],
  ['blk.0.constructor.weight', null],
])('%s is %s in transformers', (name, expected) => {
  expect(transformersName(name)).toBe(expected);
});
