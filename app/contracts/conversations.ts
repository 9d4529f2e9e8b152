import { z } from 'zod';
import { chatToken, sampling } from './chat.js';
import { errorMessage } from './errors.js';

/**
 * Conversations as trees: every turn knows the one it follows, an edit or another answer is a sister of the first.
 * The window walks from the turn that is shown up to the root; nothing that was said is ever overwritten.
 */

/** How an answer came about, and how far it got. */
export const answer = z.object({
  /**
   * `running` while it is being written; `lost` when the engine ended in the middle: what was said is kept. `edited`: a
   * person has changed it, and the model has not gone on from there.
   */
  state: z.enum(['running', 'stop', 'length', 'cancelled', 'lost', 'failed', 'edited']),
  /** A person wrote some of it. */
  edited: z.boolean().default(false),
  /** Library id, and its name when it answered. */
  model: z.object({ id: z.string(), name: z.string() }),
  sampling,
  device: z.string().nullable(),
  promptTokens: z.number().int().nonnegative(),
  /** Of the whole answer, those before a rival that was chosen among them. */
  completionTokens: z.number().int().nonnegative(),
  seconds: z.object({ firstToken: z.number().nullable(), total: z.number() }),
  /** As measured when it was written last; null before its second token. */
  tokensPerSecond: z.number().nonnegative().nullable(),
  /** What a person should know, one sentence each. */
  notices: z.array(z.string()),
  error: errorMessage.nullable(),
  /** Its tokens are kept with their probabilities: `chat.token-details` has them. */
  hasTokens: z.boolean(),
});
export type ChatAnswer = z.infer<typeof answer>;

export const turn = z.object({
  id: z.string(),
  /** The turn it follows; null for the first. */
  parent: z.string().nullable(),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  /** Null for what a person wrote. */
  answer: answer.nullable(),
});
export type Turn = z.infer<typeof turn>;

export const conversationSettings = z.object({
  /** Library id of the model that answers next. */
  model: z.string(),
  system: z.string().max(200_000),
  /** The seed is the next answer's; null draws one for each. */
  sampling: sampling.omit({ seed: true }).extend({ seed: z.number().int().nonnegative().nullable() }),
});
export type ConversationSettings = z.infer<typeof conversationSettings>;

export const conversationSummary = z.object({
  id: z.string(),
  title: z.string(),
  turns: z.number().int().nonnegative(),
  /** Ways through it: 1 where nothing was edited or answered again. */
  branches: z.number().int().positive(),
  /** Milliseconds since 1970. */
  changedAt: z.number(),
  /** Where a search found its words, with some before and after; null without a search, or where the title has them. */
  found: z.string().nullable(),
  /** The turn that these words are in, in whatever branch. */
  foundTurn: z.string().nullable(),
});
export type ConversationSummary = z.infer<typeof conversationSummary>;

export const conversation = conversationSummary
  .omit({ found: true, foundTurn: true, turns: true, branches: true })
  .extend({
    settings: conversationSettings,
    turns: z.array(turn),
    /** The last turn of the way that is shown; null while nothing was said. */
    shown: z.string().nullable(),
    /** What a person has written and not sent. */
    draft: z.string(),
  });
export type Conversation = z.infer<typeof conversation>;

/** A way of answering that a person keeps: what the model is told, and how its words are chosen. */
export const chatPreset = z.object({
  id: z.string(),
  name: z.string().min(1).max(60),
  system: conversationSettings.shape.system,
  sampling: conversationSettings.shape.sampling.omit({ seed: true }),
});
export type ChatPreset = z.infer<typeof chatPreset>;

/** What an answer would need, said before it starts. */
export const chatFit = z.object({
  /** Bytes: weights as they will lie in memory, and keys and values of the whole context. */
  weights: z.number(),
  cache: z.number(),
  free: z.number(),
  /** The weights find room, and the keys and values of a conversation of ordinary length. */
  fits: z.boolean(),
  /** It would if nothing else ran on this computer. */
  canFit: z.boolean(),
  contextLength: z.number().int().positive(),
  /** False: the model has no chat template and continues what it is given. */
  chats: z.boolean(),
  /** What it is and what it is not, from its card; null without one. */
  about: z.string().nullable(),
  /** What the model is told where the system prompt is empty: its chat template's own; null: nothing. */
  defaultSystem: z.string().nullable(),
  /** What an answer is sampled with unless a person changes it: what the model's maker recommends, else what is usual. */
  sampling: conversationSettings.shape.sampling,
  /** What a person should know before it starts, one sentence each. */
  notices: z.array(z.string()),
});
export type ChatFit = z.infer<typeof chatFit>;

/** New tokens of a running answer. */
export const answerTokens = z.object({
  turn: z.string(),
  conversation: z.string(),
  /** What the answer's text grows by; a stop text that has begun is held back. */
  text: z.string(),
  tokens: z.array(chatToken),
  completionTokens: z.number().int().nonnegative(),
  tokensPerSecond: z.number().nonnegative().nullable(),
});
export type AnswerTokens = z.infer<typeof answerTokens>;

/** Before the first token. */
export const answerProgress = z.object({
  turn: z.string(),
  conversation: z.string(),
  phase: z.enum(['loading', 'reading']),
  /** Tokens of the prompt that were read, of those that have to be. */
  read: z.number().int().nonnegative(),
  toRead: z.number().int().nonnegative(),
  promptTokens: z.number().int().nonnegative(),
  secondsLeft: z.number().nonnegative().nullable(),
  /** Why it takes its time (a picture is made first, weights are prepared); null where there is nothing to say. */
  notice: z.string().nullable(),
});
export type AnswerProgress = z.infer<typeof answerProgress>;
