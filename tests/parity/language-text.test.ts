/**
 * Tokenizers, chat templates and samplers against transformers 5.23 (goldens: `make_language_text.py`): the same ids,
 * the same tokens kept.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../native-models/architectures/config-reader.js';
import { ChatTemplate, type ChatMessage } from '../../native-models/chat-templates/chat-template.js';
import { encodeTurns } from '../../native-models/chat-templates/encode-turns.js';
import { logProbabilities } from '../../native-models/sampling/log-probabilities.js';
import { minP } from '../../native-models/sampling/min-p.js';
import { repetitionPenalty } from '../../native-models/sampling/repetition-penalty.js';
import { softmax } from '../../native-models/sampling/softmax.js';
import { temperature } from '../../native-models/sampling/temperature.js';
import { topK } from '../../native-models/sampling/top-k.js';
import { topP } from '../../native-models/sampling/top-p.js';
import { decodeTokens } from '../../native-models/tokenizers/language-stream-decoder.js';
import { LanguageTokenizer } from '../../native-models/tokenizers/language-tokenizer.js';
import { readGolden, relativeDifference } from './golden.js';

interface TokenizerGolden {
  readonly begun: readonly number[];
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
  readonly template?: string;
  readonly chats?: readonly {
    readonly messages: readonly ChatMessage[];
    readonly text: string;
    readonly ids: readonly number[];
  }[];
  readonly settings: JsonObject;
  readonly tokenizer: string;
}

const KINDS = ['byte-level', 'byte-level-begun', 'sentence-piece', 'metaspace', 'unigram', 'word-piece'];

describe.each(KINDS)('the %s tokenizer', (kind) => {
  const golden = readGolden<TokenizerGolden>('language-text', kind).description;
  const tokenizer = new LanguageTokenizer(JSON.parse(golden.tokenizer) as JsonObject, golden.settings);

  it.each(golden.texts)('gives “$text” the ids of the reference', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it.each(golden.texts)('decodes the ids of “$text” as the reference does', ({ ids, decoded }) => {
    expect(decodeTokens(tokenizer, ids, true)).toBe(decoded);
  });

  it('begins a text as the reference does', () => {
    expect(tokenizer.encodeText('Lily')).toEqual(golden.begun);
  });

  if (golden.chats === undefined) return;
  const template = new ChatTemplate(golden.template!);

  it.each(golden.chats)('renders a conversation as the reference does: $messages', ({ messages, text }) => {
    const { bosToken, eosToken } = tokenizer;
    const variables = { add_generation_prompt: true, bos_token: bosToken ?? '', eos_token: eosToken ?? '' };
    expect(template.render({ ...variables, messages })).toBe(text);
  });

  it.each(golden.chats)('gives a conversation the ids of the reference: $messages', ({ messages, ids }) => {
    expect(encodeTurns(tokenizer, template, messages).ids).toEqual(ids);
  });
});

describe('samplers', () => {
  const golden = readGolden<{ readonly cases: readonly string[] }>('language-text', 'samplers');
  const logits = golden.floats('logits');
  const seen = Array.from(golden.tensor('seen').data, Number);
  const samplers: Record<string, (value: number) => Float32Array> = {
    temperature: (value) => temperature(logits, value),
    topK: (value) => topK(logits, value),
    topP: (value) => topP(logits, value),
    minP: (value) => minP(logits, value),
    repetitionPenalty: (value) => repetitionPenalty(logits, seen, value),
  };

  it.each(golden.description.cases)('%s keeps what the reference keeps, at its probabilities', (name) => {
    const [sampler, value] = name.split(' ') as [string, string];
    const ours = samplers[sampler]!(Number(value));
    const kept = Array.from(golden.tensor(`${name}/kept`).data, Number);
    expect(Array.from(ours, (logit) => Number(logit !== -Infinity))).toEqual(kept);
    // temperature moves all logits by one number, which probabilities do not see
    const theirs = golden.floats(`${name}/scores`).map((score, id) => (kept[id] === 1 ? score : -Infinity));
    expect(relativeDifference(softmax(ours), softmax(theirs))).toBeLessThan(1e-5);
  });

  it('all of them in a row give the probabilities of the reference', () => {
    const penalised = repetitionPenalty(logits, seen, 1.2);
    const left = minP(topP(topK(temperature(penalised, 0.8), 50), 0.9), 0.05);
    expect(relativeDifference(softmax(left), golden.floats('chain/probabilities'))).toBeLessThan(1e-5);
  });

  it('log-probabilities are those of the reference', () => {
    const { top } = logProbabilities(logits, 0, logits.length);
    const ours = new Float32Array(logits.length);
    for (const { id, logprob } of top) ours[id] = logprob;
    expect(relativeDifference(ours, golden.floats('log_softmax'))).toBeLessThan(1e-6);
  });
});

describe('the embedded storyteller’s tokenizer', () => {
  const folder = fileURLToPath(new URL('../../native-models/embedded/storyteller/', import.meta.url));
  const read = (name: string): JsonObject => JSON.parse(readFileSync(folder + name, 'utf8')) as JsonObject;

  it('has the ids of its FACTS.md', () => {
    const tokenizer = new LanguageTokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
    expect(tokenizer.encodeText('Once upon a time')).toEqual([1, 403, 407, 261, 378]);
  });
});
