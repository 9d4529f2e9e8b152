/**
 * Text from a decoder-only language model, token by token: the prompt is read, then each token is chosen from the
 * network's logits and read in turn.
 *
 * Reference: transformers 5.23, `generate`: greedy gives the same tokens.
 *
 * V size of the vocabulary.
 */
import { setImmediate } from 'node:timers/promises';
import type { ChatTemplate } from '../chat-templates/chat-template.js';
import { ModelError } from '../errors.js';
import { TorchGenerator } from '../noise/torch-generator.js';
import { logProbabilities } from '../sampling/log-probabilities.js';
import { sample, type SamplingSettings } from '../sampling/sample.js';
import { StreamDecoder } from '../tokenizers/language-stream-decoder.js';
import type { LanguageTokenizer } from '../tokenizers/language-tokenizer.js';
import { encodePrompt, type LanguagePrompt } from './language-prompt.js';
import { StopStrings } from './stop-strings.js';
import type { TextCache } from './text-cache.js';

/** A model that is ready. Who made it releases its network. */
export interface LanguageModel {
  readonly tokenizer: LanguageTokenizer;
  /** null: the model has none and continues what it is given. */
  readonly template: ChatTemplate | null;
  /** An answer is over at any of them. */
  readonly stopIds: ReadonlySet<number>;
  /** The network and what it has read. */
  readonly cache: TextCache;
}

/** Everything that decides an answer. */
export interface GenerateTextSettings {
  readonly prompt: LanguagePrompt;
  /** Token ids of an answer that is gone on with; a rival that was clicked is the last of them. */
  readonly answerSoFar: readonly number[];
  readonly sampling: SamplingSettings;
  readonly seed: number;
  /** Of new tokens. */
  readonly maxTokens: number;
  /** Texts before which the answer ends. */
  readonly stop: readonly string[];
  /** How many of the likeliest tokens to tell at each place; 0: not even the probability of the chosen one. */
  readonly logprobs: number;
}

export interface GenerateTextOptions {
  /** Heard between two tokens, and between two chunks of the prompt. */
  readonly signal?: AbortSignal;
  /** Once, before anything is computed. */
  readonly onBegin?: (beginning: Beginning) => void | Promise<void>;
  /** After each chunk of the prompt. */
  readonly onRead?: (progress: ReadProgress) => void | Promise<void>;
  /** New tokens, a few at a time; the next ones wait for it. */
  readonly onTokens?: (batch: TokenBatch) => void | Promise<void>;
}

export interface Beginning {
  /** Of the prompt and the answer so far. */
  readonly tokens: number;
  /** Tokens that still find room after them. */
  readonly room: number;
  /** What was changed or will be cut short, one sentence each. */
  readonly notices: readonly string[];
}

export interface ReadProgress {
  /** Tokens read, of those that had to be read: the others were still in the cache. */
  readonly read: number;
  readonly toRead: number;
  /** Of the prompt, without the answer so far. */
  readonly promptTokens: number;
}

export interface TokenBatch {
  /** What the answer's text grows by. */
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
}

export interface Rival {
  readonly id: number;
  /** Its own text; a part of a character as U+FFFD. */
  readonly text: string;
  /** Natural logarithm of its probability, before any sampler; null when probabilities were not asked for. */
  readonly logprob: number | null;
}

export interface AnswerToken extends Rival {
  /** The likeliest at its place, likeliest first; its own among them when it is one of them. */
  readonly top: readonly Rival[];
}

export interface GeneratedText {
  /** The whole answer: the answer so far, and what was added. */
  readonly text: string;
  /** `stop`: the model's own end or a stop string. `length`: the limit, or the context is full. */
  readonly finish: 'stop' | 'length' | 'cancelled';
  /** Of the prompt, without the answer so far. */
  readonly promptTokens: number;
  /** Chosen for this answer now, an end token among them. */
  readonly completionTokens: number;
  /** Computed by the network: what was in the cache is not among them. */
  readonly computedTokens: number;
  readonly notices: readonly string[];
  readonly seconds: { readonly firstToken: number; readonly total: number };
}

/** The prompt is read in pieces of so many tokens: long enough to be fast, short enough to be stopped. */
const CHUNK = 128;

/** Tokens that come within this time of the last batch wait for the next one. */
const BATCH_MS = 30;

/** Throws a `ModelError`: `bad-input` when the conversation has no room, `unfit-model` for a template or numbers that fail. */
export async function generateText(
  model: LanguageModel,
  settings: GenerateTextSettings,
  options: GenerateTextOptions = {},
): Promise<GeneratedText> {
  const began = performance.now();
  const { tokenizer, cache, stopIds } = model;

  // 1. the prompt as tokens, and whether they find room
  const prompt = encodePrompt(tokenizer, model.template, settings.prompt);
  const ids = [...prompt.ids, ...settings.answerSoFar]; // grows with the answer
  const room = roomAfter(ids, cache.network.contextLength);
  const limit = Math.min(settings.maxTokens, room);
  const isTight = room < settings.maxTokens && room < cache.network.contextLength / 4;
  const notices = [...prompt.notices, ...(isTight ? [roomNotice(ids.length, room)] : [])];
  await options.onBegin?.({ tokens: ids.length, room, notices });

  // 2. what the answer has been so far: its text, and the random numbers that it took
  const answer = new Answer(tokenizer, prompt.answerBegins, settings);
  const generator = new TorchGenerator(settings.seed);
  generator.rand(settings.answerSoFar.length);

  const seconds = { firstToken: 0, total: 0 };
  let [completionTokens, computedTokens] = [0, 0];
  const finished = async (finish: GeneratedText['finish']): Promise<GeneratedText> => {
    answer.end();
    await answer.send(options);
    seconds.total = (performance.now() - began) / 1000;
    const promptTokens = prompt.ids.length;
    return { text: answer.text, finish, promptTokens, completionTokens, computedTokens, notices, seconds };
  };

  // A rival that is an end token was clicked: the answer ends with what stands before it.
  if (stopIds.has(settings.answerSoFar.at(-1) ?? -1)) {
    seconds.firstToken = (performance.now() - began) / 1000;
    return finished('stop');
  }

  // 3. read what is not in the cache
  const unread = ids.slice(cache.keep(ids));
  let logits: Float32Array = new Float32Array(); // [V]
  while (computedTokens < unread.length) {
    if (await isCancelled(options.signal)) return finished('cancelled');
    const chunk = unread.slice(computedTokens, computedTokens + CHUNK);
    logits = await cache.read(chunk);
    computedTokens += chunk.length;
    await options.onRead?.({ read: computedTokens, toRead: unread.length, promptTokens: prompt.ids.length });
  }

  // 4. token by token
  for (;;) {
    if (await isCancelled(options.signal)) return finished('cancelled');

    // 4a. choose one
    requireNumbers(logits);
    const id = sample(logits, ids, settings.sampling, () => generator.rand(1)[0]!);
    completionTokens++;
    if (completionTokens === 1) seconds.firstToken = (performance.now() - began) / 1000;

    // 4b. is it the end?
    if (stopIds.has(id)) return finished('stop');
    ids.push(id);
    if (answer.push(id, logits)) return finished('stop');
    if (completionTokens === limit) return finished('length');
    await answer.sendNowAndThen(options);

    // 4c. read it, to know what may come after it
    logits = await cache.read([id]);
    computedTokens++;
  }
}

/** The answer as it grows: its text, with stop strings held back, and its tokens, sent in batches. */
class Answer {
  text = '';
  readonly #tokenizer: LanguageTokenizer;
  readonly #decoder: StreamDecoder;
  readonly #stops: StopStrings;
  readonly #logprobs: number;
  /** Tokens whose text is not (all) released yet, and the length of the text up to their ends. */
  #waiting: { readonly token: AnswerToken; readonly start: number; readonly end: number }[] = [];
  /** Of the text, released or not. */
  #length = 0;
  #released = 0;
  #stopped = false;
  #batch: { text: string; tokens: AnswerToken[] } = { text: '', tokens: [] };
  #sentAt = -Infinity;

  constructor(tokenizer: LanguageTokenizer, begins: boolean, { answerSoFar, stop, logprobs }: GenerateTextSettings) {
    this.#tokenizer = tokenizer;
    this.#logprobs = logprobs;
    this.#stops = new StopStrings(stop);
    this.#decoder = new StreamDecoder(tokenizer, begins);
    for (const id of answerSoFar) this.text += this.#decoder.push(id);
  }

  /** @returns Whether a stop string was met. */
  push(id: number, logits: Float32Array): boolean {
    const piece = this.#decoder.push(id);
    const start = this.#length;
    this.#length += piece.length;
    this.#waiting.push({ token: this.#asToken(id, logits), start, end: this.#length });
    const { text, stopped } = this.#stops.push(piece);
    this.#stopped = stopped;
    this.#release(text);
    return stopped;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#stopped) return;
    this.#release(this.#stops.end() + this.#decoder.end());
    for (const { token } of this.#waiting.splice(0)) this.#batch.tokens.push(token);
  }

  async send({ onTokens }: GenerateTextOptions): Promise<void> {
    const batch = this.#batch;
    if (batch.text === '' && batch.tokens.length === 0) return;
    this.#batch = { text: '', tokens: [] };
    this.#sentAt = performance.now();
    await onTokens?.(batch);
  }

  async sendNowAndThen(options: GenerateTextOptions): Promise<void> {
    if (performance.now() - this.#sentAt >= BATCH_MS) await this.send(options);
  }

  #release(text: string): void {
    this.text += text;
    this.#batch.text += text;
    this.#released += text.length;
    while (this.#waiting.length > 0) {
      const { token, start, end } = this.#waiting[0]!;
      if (end > this.#released && !this.#stopped) return;
      this.#waiting.shift();
      if (end <= this.#released) this.#batch.tokens.push(token);
      // The token that a stop string begins in keeps what stands before it.
      else if (start < this.#released) this.#batch.tokens.push({ ...token, text: text.slice(start - this.#released) });
    }
  }

  #asToken(id: number, logits: Float32Array): AnswerToken {
    const textOf = (one: number): string => this.#tokenizer.textOf(one);
    if (this.#logprobs === 0) return { id, text: textOf(id), logprob: null, top: [] };
    const { logprob, top } = logProbabilities(logits, id, this.#logprobs);
    return { id, text: textOf(id), logprob, top: top.map((rival) => ({ ...rival, text: textOf(rival.id) })) };
  }
}

function roomAfter(ids: readonly number[], contextLength: number): number {
  if (ids.length === 0) throw new ModelError('bad-input', 'There is nothing to continue: write something.');
  const room = contextLength - ids.length;
  if (room > 0) return room;
  const counts = `The conversation has ${count(ids.length)} tokens, and this model reads at most ${count(contextLength)}`;
  throw new ModelError('bad-input', `${counts}: shorten it, or begin a new one.`);
}

function roomNotice(tokens: number, room: number): string {
  return `The conversation has ${count(tokens)} of ${count(tokens + room)} tokens: room for ${count(room)} more.`;
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US');
}

function requireNumbers(logits: Float32Array): void {
  if (logits.every((logit) => !Number.isNaN(logit) && logit !== Infinity)) return;
  throw new ModelError(
    'unfit-model',
    'The model gave numbers without a value instead of words: its weights may be damaged, download it again.',
  );
}

/** Lets messages in, a stop among them. */
async function isCancelled(signal: AbortSignal | undefined): Promise<boolean> {
  await setImmediate();
  return signal?.aborted === true;
}
