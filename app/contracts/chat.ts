import { z } from 'zod';
import { deviceWish } from './capabilities.js';

/** Text from a language model: what is asked, and what comes back token by token. */

export const chatMessage = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessage>;

export const sampling = z.object({
  /** 0 is greedy: the likeliest token, the lowest id among ties. */
  temperature: z.number().min(0).max(10),
  /** 0 = all. */
  topK: z.number().int().min(0),
  /** 1 = all. */
  topP: z.number().min(0).max(1),
  /** 0 = all. */
  minP: z.number().min(0).max(1),
  /** 1 = none. */
  repetitionPenalty: z.number().min(0.1).max(10),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Of new tokens. */
  maxTokens: z.number().int().min(1),
  /** Texts before which the answer ends. */
  stop: z.array(z.string().min(1)).max(16),
});
export type Sampling = z.infer<typeof sampling>;

/** Where neither the model's maker nor a person says anything: the values that llama.cpp begins with. */
export const usualSampling: Omit<Sampling, 'seed' | 'maxTokens'> = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  stop: [],
};

export const rival = z.object({
  id: z.number().int().nonnegative(),
  /** Its bytes as text; a part of a character shows as U+FFFD. */
  text: z.string(),
  /** Natural logarithm of its probability before any sampler; null when probabilities were not asked for. */
  logprob: z.number().nullable(),
});
export type Rival = z.infer<typeof rival>;

export const chatToken = rival.extend({
  /** The likeliest tokens at its place, likeliest first; its own among them when it is one of them. */
  top: z.array(rival),
});
export type ChatToken = z.infer<typeof chatToken>;

/** What the model is given to read. */
export const chatPrompt = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('turns'),
    messages: z.array(chatMessage).min(1),
    /** The model's own chat template, or ChatML in its place. A model that has none continues the turns as one text. */
    template: z.enum(['own', 'chatml']),
    /** Of models that can think aloud; null: as their template has it. */
    enableThinking: z.boolean().nullable(),
  }),
  /** A text that is continued as it stands after BOS. */
  z.object({ kind: z.literal('text'), text: z.string() }),
]);
export type ChatPrompt = z.infer<typeof chatPrompt>;

export const generateTextRequest = z.object({
  /** Folder or GGUF file of the model, used in place. */
  modelPath: z.string(),
  device: deviceWish,
  prompt: chatPrompt,
  /** Token ids of an answer that is gone on with: a rival that was clicked is the last of them. */
  answerSoFar: z.array(z.number().int().nonnegative()),
  /** The same where only its text is known, as of one that a person wrote: its tokens are told with `begun`. */
  answerText: z.string().optional(),
  sampling,
  /** How many rivals each token shows; 0 = no probabilities. */
  logprobs: z.number().int().min(0).max(20),
  /** Folder for weights in the order that the processor multiplies them in (quantised GGUF); made when missing. */
  weightCache: z.string(),
});
export type GenerateTextRequest = z.infer<typeof generateTextRequest>;

export const generateTextProgress = z.discriminatedUnion('phase', [
  /** The model is being opened; `part` of what must be prepared on disk first is done, 0 to 1, null when nothing is. */
  z.object({ phase: z.literal('loading'), part: z.number().nullable() }),
  /** Told once, before anything is computed. */
  z.object({
    phase: z.literal('begun'),
    /** Of the prompt and the answer so far. */
    tokens: z.number().int().nonnegative(),
    /** Tokens that still find room after them. */
    room: z.number().int().nonnegative(),
    /** What was changed or will be cut short, one sentence each. */
    notices: z.array(z.string()),
    /** Of an `answerText`: without probabilities. */
    answerTokens: z.array(rival).optional(),
  }),
  /** Tokens of the prompt that were read, of those that had to be: the others were still in the cache. */
  z.object({
    phase: z.literal('reading'),
    read: z.number().int().nonnegative(),
    toRead: z.number().int().nonnegative(),
    promptTokens: z.number().int().nonnegative(),
  }),
  /** New since the last message, some thirty times a second at most. */
  z.object({
    phase: z.literal('writing'),
    /** What the answer's text grows by; what may begin a stop text is held back. */
    text: z.string(),
    tokens: z.array(chatToken),
  }),
]);
export type GenerateTextProgress = z.infer<typeof generateTextProgress>;

export const generatedText = z.object({
  /** The whole answer: the answer so far, and what was added. */
  text: z.string(),
  /** `stop`: the model's own end or a stop text. `length`: the limit, or the context is full. */
  finish: z.enum(['stop', 'length', 'cancelled']),
  device: z.string(),
  promptTokens: z.number().int().nonnegative(),
  /** Chosen for this answer now, an end token among them. */
  completionTokens: z.number().int().nonnegative(),
  /** Tokens that the network computed for this answer: what was in the cache is not among them. */
  computedTokens: z.number().int().nonnegative(),
  notices: z.array(z.string()),
  /** Seconds: opening the model, from the call to the first token, all of it. */
  seconds: z.object({ load: z.number(), firstToken: z.number(), total: z.number() }),
});
export type GeneratedText = z.infer<typeof generatedText>;

/** What a language model is, from its headers and configs: known before it is opened. */
export const languageModelFacts = z.object({
  family: z.string(),
  parameters: z.number().int().nonnegative(),
  /** Most tokens of a text, prompt and answer together. */
  contextLength: z.number().int().positive(),
  /** False: the model has no chat template and continues what it is given. */
  chats: z.boolean(),
  /** Bytes in memory: the weights as they will lie there, and the keys and values of one token. */
  weightBytes: z.number().nonnegative(),
  cacheBytesPerToken: z.number().nonnegative(),
  /** Bytes that its first answer writes into `weightCache`; 0: it runs from its own files. */
  preparedBytes: z.number().nonnegative(),
  /** What its chat template tells it where no system prompt is given; null or absent: nothing. */
  defaultSystem: z.string().nullable().optional(),
  /** What its maker recommends; absent fields: nothing said. */
  sampling: sampling.omit({ seed: true, maxTokens: true, stop: true }).partial(),
});
export type LanguageModelFacts = z.infer<typeof languageModelFacts>;

export const countChatTokensRequest = z.object({ modelPath: z.string(), prompt: chatPrompt });
export type CountChatTokensRequest = z.infer<typeof countChatTokensRequest>;
