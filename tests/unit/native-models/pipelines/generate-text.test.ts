/**
 * The token loop: with the embedded storyteller, and with a network without weights whose logits depend on every token
 * in its cache, so that a cache which holds the wrong ones gives other words.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../native-models/architectures/config-reader.js';
import { ChatTemplate, type ChatMessage } from '../../../../native-models/chat-templates/chat-template.js';
import { CHATML } from '../../../../native-models/chat-templates/chatml.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import {
  generateText,
  type AnswerToken,
  type GeneratedText,
  type GenerateTextOptions,
  type GenerateTextSettings,
  type LanguageModel,
} from '../../../../native-models/pipelines/generate-text.js';
import { TextCache } from '../../../../native-models/pipelines/text-cache.js';
import { openLanguageNetwork, type LanguageNetwork } from '../../../../native-models/runtime/language-network.js';
import { readLanguageTokenizer } from '../../../../native-models/tokenizers/language-tokenizer-folder.js';
import { LanguageTokenizer } from '../../../../native-models/tokenizers/language-tokenizer.js';
import { readLanguageFolder } from '../../../../native-models/weight-formats/language-folder.js';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
const WARM = { ...GREEDY, temperature: 1 };
const DEFAULTS: GenerateTextSettings = {
  prompt: { kind: 'text', text: 'Once upon a time' },
  answerSoFar: [],
  sampling: GREEDY,
  seed: 1,
  maxTokens: 40,
  stop: [],
  logprobs: 0,
};

interface Told extends GeneratedText {
  readonly tokens: readonly AnswerToken[];
  readonly ids: readonly number[];
  /** Of all batches. */
  readonly streamed: string;
}

async function answer(
  model: LanguageModel,
  settings: Partial<GenerateTextSettings> = {},
  options: GenerateTextOptions = {},
): Promise<Told> {
  const tokens: AnswerToken[] = [];
  let streamed = '';
  const result = await generateText(
    model,
    { ...DEFAULTS, ...settings },
    {
      ...options,
      async onTokens(batch) {
        tokens.push(...batch.tokens);
        streamed += batch.text;
        await options.onTokens?.(batch);
      },
    },
  );
  return { ...result, tokens, ids: tokens.map(({ id }) => id), streamed };
}

/** Counts what a network is asked to compute. */
class Counted implements LanguageNetwork {
  calls: number[][] = [];
  readonly #network: LanguageNetwork;

  constructor(network: LanguageNetwork) {
    this.#network = network;
  }

  get vocabulary(): number {
    return this.#network.vocabulary;
  }
  get contextLength(): number {
    return this.#network.contextLength;
  }
  get length(): number {
    return this.#network.length;
  }
  truncate(length: number): void {
    this.#network.truncate(length);
  }
  forward(ids: readonly number[], logits: 'last' | 'all'): Promise<Float32Array> {
    this.calls.push([...ids]);
    return this.#network.forward(ids, logits);
  }
  release(): Promise<void> {
    return this.#network.release();
  }
}

describe('the storyteller', () => {
  const folder = path.join(ROOT, 'native-models/embedded/storyteller');
  let network: Counted;
  let model: LanguageModel;
  beforeAll(async () => {
    const files = await readLanguageFolder(folder);
    network = new Counted(await openLanguageNetwork(files, { device: 'cpu' }));
    const tokenizer = await readLanguageTokenizer(folder);
    model = { tokenizer, template: null, stopIds: tokenizer.stopIds(files.endTokens), cache: new TextCache(network) };
  });
  afterAll(() => network.release());

  const STORY =
    ', there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. ' +
    'She wanted to play with it, but it was too high.';

  it('tells the story of its FACTS.md, greedily', async () => {
    const { text, streamed, finish, promptTokens } = await answer(model, { maxTokens: 200 });
    expect(text.slice(0, STORY.length)).toBe(STORY);
    expect(streamed).toBe(text);
    expect({ finish, promptTokens }).toEqual({ finish: 'length', promptTokens: 5 });
  });

  it('comes to its own end', async () => {
    const { finish, completionTokens, ids, text } = await answer(model, { maxTokens: 500 });
    expect(finish).toBe('stop');
    expect(completionTokens).toBe(ids.length + 1); // the end token
    expect(text.trimEnd()).toMatch(/[.!"]$/);
  });

  it('tells how likely each token was, and its rivals', async () => {
    const { tokens } = await answer(model, { logprobs: 5, maxTokens: 12 });
    for (const { id, logprob, top } of tokens) {
      expect(top).toHaveLength(5);
      expect(top[0]).toMatchObject({ id, logprob }); // greedy: the likeliest
      const chances = top.map((rival) => Math.exp(rival.logprob!));
      expect(chances).toEqual([...chances].sort((a, b) => b - a));
      expect(chances.reduce((sum, chance) => sum + chance)).toBeLessThanOrEqual(1);
    }
    expect(tokens.map(({ text }) => text).join('')).toBe(
      STORY.slice(0, tokens.map(({ text }) => text).join('').length),
    );
  });

  it('says the same with the same seed, and something else with another', async () => {
    const sampling = { ...WARM, temperature: 0.9, topK: 40, topP: 0.95, repetitionPenalty: 1.1 };
    const first = await answer(model, { sampling, seed: 7 });
    await answer(model, { prompt: { kind: 'text', text: 'The dog' } }); // the cache holds something else now
    const again = await answer(model, { sampling, seed: 7 });
    const other = await answer(model, { sampling, seed: 8 });
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it('an answer that is gone on with becomes the one that was never broken off', async () => {
    const whole = await answer(model, { sampling: WARM, seed: 3, maxTokens: 30 });
    for (const broken of [1, 13, 29]) {
      const rest = await answer(model, { sampling: WARM, seed: 3, maxTokens: 30 - broken, answerSoFar: whole.ids.slice(0, broken) }); // prettier-ignore
      expect(rest.text).toBe(whole.text);
      expect(rest.ids).toEqual(whole.ids.slice(broken));
    }
  });

  it('going on from a rival computes one token, and then one for each new one', async () => {
    const { tokens, ids } = await answer(model, { logprobs: 3, maxTokens: 30 });
    for (const place of [29, 12, 0]) {
      await answer(model, { maxTokens: 30 }); // the whole answer is in the cache
      const rival = tokens[place]!.top[1]!;
      network.calls = [];
      const branch = await answer(model, { answerSoFar: [...ids.slice(0, place), rival.id], maxTokens: 1 });
      expect(network.calls).toEqual([[rival.id]]);
      expect(branch.computedTokens).toBe(1);
      expect(branch.text.startsWith(tokens.slice(0, place).map(({ text }) => text).join('') + rival.text)).toBe(true); // prettier-ignore
    }
  });

  it('what is kept in the cache changes no word', async () => {
    const answerSoFar = (await answer(model, { maxTokens: 20 })).ids.slice(0, 10);
    const withCache = await answer(model, { answerSoFar, logprobs: 5, maxTokens: 15 });
    network.truncate(0);
    const without = await answer(model, { answerSoFar, logprobs: 5, maxTokens: 15 });
    expect(without.ids).toEqual(withCache.ids);
    expect(without.computedTokens - withCache.computedTokens).toBe(14); // 5 of the prompt and 9 of the answer
    for (const [n, { logprob }] of without.tokens.entries())
      expect(logprob).toBeCloseTo(withCache.tokens[n]!.logprob!, 4);
  });

  it('ends at once where the rival is its end, and computes nothing', async () => {
    const { ids, tokens } = await answer(model, { maxTokens: 6 });
    const [end] = model.stopIds;
    network.calls = [];
    const ended = await answer(model, { answerSoFar: [...ids, end!] });
    expect(ended).toMatchObject({ finish: 'stop', completionTokens: 0, computedTokens: 0, ids: [] });
    expect(ended.text).toBe(tokens.map(({ text }) => text).join(''));
    expect(network.calls).toEqual([]);
  });

  it('says nothing of its room while three quarters of it are left', async () => {
    const { notices } = await answer(model, { maxTokens: 2000, stop: ['.'] });
    expect(notices).toEqual([]);
  });

  it('stops when its context is full, which is told before it begins', async () => {
    const text = 'Lily saw the cat. '.repeat(75);
    const beginnings: unknown[] = [];
    const { finish, completionTokens, notices, promptTokens } = await answer(
      model,
      { prompt: { kind: 'text', text }, maxTokens: 1000, sampling: { ...GREEDY, repetitionPenalty: 1.2 } },
      { onBegin: (beginning) => void beginnings.push(beginning) },
    );
    const room = 512 - promptTokens;
    const sentence = `The conversation has ${promptTokens} of 512 tokens: room for ${room} more.`;
    expect(beginnings).toEqual([{ tokens: promptTokens, room, notices: [sentence] }]);
    expect(notices).toEqual([sentence]);
    if (finish === 'length') expect(completionTokens).toBe(room);
    expect(network.length).toBeLessThanOrEqual(512);
  });
});

/** Logits out of a hash of all that is in the cache. */
class Hashing implements LanguageNetwork {
  readonly vocabulary: number;
  readonly contextLength: number;
  cache: number[] = [];
  /** What to say instead, at each length of the cache. */
  script: ReadonlyMap<number, number> | null = null;
  failAt = Infinity;
  calls: number[][] = [];

  constructor(vocabulary: number, contextLength = 1000) {
    this.vocabulary = vocabulary;
    this.contextLength = contextLength;
  }

  get length(): number {
    return this.cache.length;
  }
  truncate(length: number): void {
    if (length > this.cache.length) throw new RangeError(`cannot cut ${this.cache.length} to ${length}`);
    this.cache.length = length;
  }
  async forward(ids: readonly number[]): Promise<Float32Array> {
    this.calls.push([...ids]);
    this.cache.push(...ids);
    if (this.cache.length > this.failAt) throw new Error('the device is gone');
    if (this.script !== null) {
      const logits = new Float32Array(this.vocabulary);
      logits[this.script.get(this.cache.length) ?? 0] = 20;
      return Promise.resolve(logits);
    }
    let hash = 7;
    for (const id of this.cache) hash = (Math.imul(hash, 31) + id) >>> 0;
    return Promise.resolve(new TorchGenerator(hash).randn(this.vocabulary));
  }
  async release(): Promise<void> {}
}

interface Golden {
  readonly tokenizer: string;
  readonly settings: JsonObject;
}

const golden = JSON.parse(readFileSync(path.join(ROOT, 'tests/parity/goldens/language-text/byte-level.json'), 'utf8')) as Golden; // prettier-ignore
const tokenizer = new LanguageTokenizer(JSON.parse(golden.tokenizer) as JsonObject, golden.settings);
const END = tokenizer.eosId!;

function hashing(contextLength?: number): { model: LanguageModel; network: Hashing } {
  const network = new Hashing(426, contextLength);
  const model = { tokenizer, template: new ChatTemplate(CHATML), stopIds: tokenizer.stopIds([]), cache: new TextCache(network) }; // prettier-ignore
  return { model, network };
}

/** A model that says a text after the prompt, token by token, then its end. */
function saying(text: string): { model: LanguageModel; network: Hashing; said: readonly number[] } {
  const { model, network } = hashing();
  const prompt = tokenizer.encodeText('Once upon a time').length;
  const said = tokenizer.encode(text);
  network.script = new Map([...said, END].map((id, n) => [prompt + n, id]));
  return { model, network, said };
}

const turns = (...contents: string[]): GenerateTextSettings['prompt'] => ({
  kind: 'turns',
  messages: contents.map((content, n): ChatMessage => ({ role: n % 2 === 0 ? 'user' : 'assistant', content })),
});

describe('reading the prompt', () => {
  it('goes by chunks of 128 tokens, tells how far it is, and can be stopped between them', async () => {
    const { model, network } = hashing();
    const text = 'x '.repeat(150);
    const length = tokenizer.encodeText(text).length;
    const reading: number[] = [];
    await answer(model, { prompt: { kind: 'text', text }, maxTokens: 1 }, { onRead: ({ read, toRead }) => void reading.push(read, toRead) }); // prettier-ignore
    expect(length).toBeGreaterThan(256);
    expect(reading).toEqual([128, length, 256, length, length, length]);
    expect(network.calls.map((ids) => ids.length)).toEqual([128, 128, length - 256]);

    network.truncate(0);
    const stopping = new AbortController();
    const { finish, computedTokens } = await answer(model, { prompt: { kind: 'text', text } }, { signal: stopping.signal, onRead: () => stopping.abort() }); // prettier-ignore
    expect({ finish, computedTokens }).toEqual({ finish: 'cancelled', computedTokens: 128 });
  });

  it('keeps of a conversation what the next turn has in common with it', async () => {
    const { model, network } = hashing();
    const first = await answer(model, { prompt: turns('Hello'), maxTokens: 10 });
    network.calls = [];
    const again = await answer(model, { prompt: turns('Hello'), maxTokens: 10 });
    expect(again.ids).toEqual(first.ids);
    expect(network.calls[0]).toHaveLength(1); // the last token of the prompt, for what comes after it

    const edited = await answer(model, { prompt: turns('Hello', 'Hi', 'Who is Lily?'), maxTokens: 10 });
    network.truncate(0);
    const fresh = await answer(model, { prompt: turns('Hello', 'Hi', 'Who is Lily?'), maxTokens: 10 });
    expect(fresh.ids).toEqual(edited.ids);
    expect(edited.computedTokens).toBeLessThan(fresh.computedTokens);
  });

  it('a run that failed leaves nothing wrong behind', async () => {
    const { model, network } = hashing();
    const whole = await answer(model, { prompt: turns('Hello'), maxTokens: 20 });
    network.failAt = 25;
    await expect(answer(model, { prompt: turns('Hello', 'x', 'y'), maxTokens: 20 })).rejects.toThrow(
      'the device is gone',
    );
    network.failAt = Infinity;
    expect((await answer(model, { prompt: turns('Hello'), maxTokens: 20 })).ids).toEqual(whole.ids);
  });

  it('a model without a template continues the turns as one text, and says so', async () => {
    const { model, network } = hashing();
    const { notices } = await answer(
      { ...model, template: null },
      { prompt: turns('Once', 'upon', ', she'), maxTokens: 1 },
    );
    expect(notices).toEqual(['This model has no chat template: it continues the text as it stands.']);
    expect(network.cache).toEqual(tokenizer.encodeText('Once upon, she'));
  });

  it('what finds no room is refused, with both numbers', async () => {
    const { model } = hashing(1200);
    const text = 'x '.repeat(1000);
    const tokens = tokenizer.encodeText(text).length.toLocaleString('en-US');
    await expect(answer(model, { prompt: { kind: 'text', text } })).rejects.toMatchObject({
      kind: 'bad-input',
      message: `The conversation has ${tokens} tokens, and this model reads at most 1,200: shorten it, or begin a new one.`,
    });
  });

  it('nothing is nothing to continue', async () => {
    await expect(answer(hashing().model, { prompt: { kind: 'text', text: '' } })).rejects.toThrow('There is nothing to continue'); // prettier-ignore
  });
});

describe('the end of an answer', () => {
  it('is any of the stop tokens, which is not shown', async () => {
    const { model, said } = saying(' there was a girl');
    const { finish, text, ids, completionTokens } = await answer(model);
    expect({ finish, text, ids }).toEqual({ finish: 'stop', text: ' there was a girl', ids: said });
    expect(completionTokens).toBe(said.length + 1);
    const early = await answer({ ...model, stopIds: new Set([said[2]!, END]) });
    expect(early).toMatchObject({ finish: 'stop', ids: said.slice(0, 2) });
  });

  it('is the limit, and its last token is not computed', async () => {
    const { model, network, said } = saying(' there was a girl');
    const prompt = tokenizer.encodeText('Once upon a time').length;
    const { finish, ids, computedTokens } = await answer(model, { maxTokens: 3 });
    expect({ finish, ids, computedTokens }).toEqual({
      finish: 'length',
      ids: said.slice(0, 3),
      computedTokens: prompt + 2,
    });
    expect(network.length).toBe(prompt + 2);
  });

  it('is the full context', async () => {
    const { model } = hashing(20);
    const prompt = tokenizer.encodeText('Once upon a time').length;
    const { finish, completionTokens } = await answer(model, { maxTokens: 100 });
    expect({ finish, completionTokens }).toEqual({ finish: 'length', completionTokens: 20 - prompt });
  });

  it('is a stop string, of which nobody sees anything', async () => {
    const text = 'The end.\n\nUser: hello';
    const { model } = saying(text);
    const result = await answer(model, { stop: ['\nUser:', 'never'] });
    expect(result).toMatchObject({ finish: 'stop', text: 'The end.\n', streamed: 'The end.\n' });
    expect(result.tokens.map((token) => token.text).join('')).toBe('The end.\n');
  });

  it('brings what was held back in case of a stop string', async () => {
    const { model } = saying('The end.\nUse');
    const result = await answer(model, { stop: ['\nUser:'] });
    expect(result).toMatchObject({ finish: 'stop', text: 'The end.\nUse', streamed: 'The end.\nUse' });
    expect(result.tokens.map((token) => token.text).join('')).toBe('The end.\nUse');
  });

  it('comes between two tokens when it is stopped; what was said is kept', async () => {
    const { model, said } = saying('Девочка 😀 и кошка');
    const stopping = new AbortController();
    const result = await answer(model, {}, { signal: stopping.signal, onTokens: () => stopping.abort() });
    expect(result.finish).toBe('cancelled');
    expect(result.ids.length).toBeGreaterThan(0);
    expect(result.ids.length).toBeLessThan(said.length);
    const rest = await answer(model, { answerSoFar: result.ids });
    expect(rest).toMatchObject({ finish: 'stop', text: 'Девочка 😀 и кошка' });
  });

  it('a stop before anything is computed computes nothing', async () => {
    const { model, network } = saying('x');
    const result = await answer(model, {}, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ finish: 'cancelled', text: '', completionTokens: 0, computedTokens: 0 });
    expect(network.calls).toEqual([]);
  });
});

describe('what is streamed', () => {
  it('has whole characters only, and in all batches together the text', async () => {
    const batches: string[] = [];
    const { model } = saying('😀 猫 naïve 👨‍👩‍👧');
    const { text } = await answer(model, {}, { onTokens: (batch) => void batches.push(batch.text) });
    expect(batches.join('')).toBe(text);
    expect(text).toBe('😀 猫 naïve 👨‍👩‍👧');
    expect(batches.join('')).not.toContain('\ufffd');
  });

  it('comes at once with the first token, then in fewer batches than tokens', async () => {
    const { model, said } = saying('Lily '.repeat(100));
    const sizes: number[] = [];
    await answer(model, { maxTokens: 500 }, { onTokens: ({ tokens }) => void sizes.push(tokens.length) });
    expect(sizes[0]).toBe(1);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(said.length);
    expect(sizes.length).toBeLessThan(said.length);
  });

  it('waits for whoever takes it', async () => {
    const { model } = saying('Lily '.repeat(20));
    let busy = false;
    await answer(model, {}, {
      async onTokens() {
        expect(busy).toBe(false);
        busy = true;
        await new Promise((resolve) => setTimeout(resolve, 40));
        busy = false;
      },
    }); // prettier-ignore
    expect(busy).toBe(false);
  });
});

it('numbers without a value are told, not spoken', async () => {
  const { model, network } = hashing();
  network.forward = (ids) => {
    network.cache.push(...ids);
    return Promise.resolve(new Float32Array(426).fill(NaN));
  };
  await expect(answer(model)).rejects.toMatchObject({ kind: 'unfit-model' });
});
