/** Tokenizers out of GGUF files: ids of llama.cpp's own test vectors, templates, end tokens. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { LanguageTokenizer } from '../../../../../native-models/tokenizers/language-tokenizer.js';
import { readGgufTokenizer } from '../../../../../native-models/weight-formats/gguf/gguf-tokenizer.js';
import type { GgufTokenizer } from '../../../../../native-models/weight-formats/gguf/gguf-tokenizer.js';
import { readGguf } from '../../../../../native-models/weight-formats/gguf/read-gguf.js';
import type { TypedValue } from './gguf-files.js';
import { byteVocabulary, gguf, scratchFolder } from './gguf-files.js';

const scratch = scratchFolder();
const realFiles = fileURLToPath(new URL('../../../../../../shared/real-files/tokenizers/', import.meta.url));

const read = async (pairs: Readonly<Record<string, TypedValue>>): Promise<GgufTokenizer> =>
  readGgufTokenizer(await readGguf(await scratch.put('Model.gguf', gguf({ pairs }))));

const words = (...list: string[]): TypedValue => ({ list: list.map((word) => ({ text: word })), of: 8 });
const types = (...list: number[]): TypedValue => ({ list: list.map((type) => ({ i32: type })) });

/** Bytes as GPT-2 spells them, a to f and some of their words. */
const gpt2 = (more: Readonly<Record<string, TypedValue>> = {}): Record<string, TypedValue> => ({
  'tokenizer.ggml.model': { text: 'gpt2' },
  'tokenizer.ggml.pre': { text: 'gpt-2' },
  'tokenizer.ggml.tokens': words('a', 'b', 'c', '1', 'Ġ', 'ab', 'Ġab', '<|end|>', '<tool>', 'abc', '11'),
  'tokenizer.ggml.token_type': types(1, 1, 1, 1, 1, 1, 1, 3, 4, 1, 1),
  'tokenizer.ggml.merges': words('a b', 'Ġ ab', '1 1'),
  'tokenizer.ggml.eos_token_id': { u32: 7 },
  ...more,
});

const tokenizerOf = ({ tokenizer, settings }: GgufTokenizer): LanguageTokenizer =>
  new LanguageTokenizer(tokenizer, settings);

describe.skipIf(!existsSync(realFiles))('real vocabularies', () => {
  test.each(['gpt-2', 'llama-spm', 'phi-3'])('%s has the ids of llama.cpp', async (name) => {
    const file = path.join(realFiles, `ggml-vocab-${name}.gguf`);
    const texts = readFileSync(`${file}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
    const ids = readFileSync(`${file}.out`, 'utf8')
      .split('\n')
      .map((line) => line.split(' ').filter(Boolean).map(Number));
    const tokenizer = tokenizerOf(readGgufTokenizer(await readGguf(file)));
    expect(texts.length).toBeGreaterThan(40);
    for (const [i, text] of texts.entries()) {
      expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids: ids[i] });
    }
  });
});

describe('byte pair encoding', () => {
  test('merges what the file says', async () => {
    expect(tokenizerOf(await read(gpt2())).encode('abc ab')).toEqual([5, 2, 6]);
  });

  test('takes numbers digit by digit where the model was trained so', async () => {
    expect(tokenizerOf(await read(gpt2())).encode('11')).toEqual([10]);
    expect(tokenizerOf(await read(gpt2({ 'tokenizer.ggml.pre': { text: 'smollm' } }))).encode('11')).toEqual([3, 3]);
  });

  test('Llama 3 takes whole words before it merges, and begins with BOS', async () => {
    const llama3 = { 'tokenizer.ggml.pre': { text: 'llama-bpe' }, 'tokenizer.ggml.bos_token_id': { u32: 7 } };
    const tokenizer = tokenizerOf(await read(gpt2(llama3)));
    expect(tokenizer.encode('abc')).toEqual([9]);
    expect(tokenizer.encodeText('abc')).toEqual([7, 9]);
  });

  test('control tokens are control in templates and text when typed', async () => {
    const tokenizer = tokenizerOf(await read(gpt2()));
    expect(tokenizer.encodeTemplate('a<|end|>b')).toEqual([0, 7, 1]);
    expect(tokenizer.encode('a<|end|>b')).not.toContain(7);
    expect(tokenizer.encode('a<tool>b')).toEqual([0, 8, 1]);
  });

  test('rules of an unknown name are guessed, and that is said', async () => {
    const { notices, tokenizer } = await read(gpt2({ 'tokenizer.ggml.pre': { text: 'from-the-future' } }));
    expect(notices).toEqual([expect.stringContaining('“from-the-future”')]);
    expect(tokenizer['pre_tokenizer']).toEqual(
      (await read(gpt2({ 'tokenizer.ggml.pre': { text: 'default' } }))).tokenizer['pre_tokenizer'],
    );
  });
});

test('SentencePiece without a space before the text', async () => {
  const spm = { ...byteVocabulary, 'tokenizer.ggml.add_space_prefix': { bool: false } };
  expect(tokenizerOf(await read(spm)).encode('a')).toEqual([3 + 97]);
  expect(tokenizerOf(await read(byteVocabulary)).encode('a')).toEqual(
    [...Buffer.from('\u2581a')].map((byte) => 3 + byte),
  );
});

test('a model’s own tokenizer.json is taken before the keys', async () => {
  const own = { model: { type: 'BPE', vocab: { x: 0 }, merges: [] }, added_tokens: [] };
  const { tokenizer } = await read(gpt2({ 'tokenizer.huggingface.json': { text: JSON.stringify(own) } }));
  expect(tokenizer).toEqual(own);
  const broken = await read(gpt2({ 'tokenizer.huggingface.json': { text: '{' } }));
  expect(tokenizerOf(broken).encode('ab')).toEqual([5]);
});

test('end tokens are each told once, ids outside the vocabulary not at all', async () => {
  const ids = {
    'tokenizer.ggml.eot_token_id': { u32: 7 },
    'tokenizer.ggml.eom_token_id': { u32: 8 },
    'tokenizer.ggml.bos_token_id': { u32: 99 },
  };
  const { endTokens, settings } = await read(gpt2(ids));
  expect(endTokens).toEqual([7, 8]);
  expect(settings).toMatchObject({ eos_token: '<|end|>', bos_token: null });
});

test.each<[string, Readonly<Record<string, TypedValue>>, unknown]>([
  ['none', {}, null],
  ['one', { 'tokenizer.chat_template': { text: 'A' } }, 'A'],
  [
    'several, by name',
    { 'tokenizer.chat_template': { text: 'A' }, 'tokenizer.chat_template.tool_use': { text: 'B' } },
    [
      { name: 'default', template: 'A' },
      { name: 'tool_use', template: 'B' },
    ],
  ],
])('chat templates: %s', async (_, pairs, expected) => {
  expect((await read(gpt2(pairs))).settings['chat_template']).toEqual(expected);
});

test.each<[string, Readonly<Record<string, TypedValue>>, string]>([
  [
    'another kind of tokenizer',
    gpt2({ 'tokenizer.ggml.model': { text: 't5' } }),
    'Model.gguf: its tokenizer is of the kind “t5”, which is not supported yet.',
  ],
  [
    'types of other tokens',
    gpt2({ 'tokenizer.ggml.token_type': types(1) }),
    'tokenizer.ggml.token_type is a list of 1, it should be a list of 11, one for each token.',
  ],
  [
    'merges that are no pairs',
    gpt2({ 'tokenizer.ggml.merges': words('ab') }),
    'tokenizer.ggml.merges is a list of 1, it should be a list of pairs',
  ],
  [
    'no scores',
    { ...byteVocabulary, 'tokenizer.ggml.scores': { list: [{ f32: 0 }] } },
    'tokenizer.ggml.scores is a list of 1, it should be a list of 259',
  ],
  [
    'no tokens at all',
    { 'tokenizer.ggml.model': { text: 'gpt2' } },
    'tokenizer.ggml.tokens is missing, it should be a list of texts.',
  ],
])('%s is refused', async (_, pairs, sentence) => {
  await expect(read(pairs)).rejects.toThrow(sentence);
});
