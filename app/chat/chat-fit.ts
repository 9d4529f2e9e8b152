import type { LanguageModelFacts } from '../contracts/chat.js';
import type { ChatFit, ConversationSettings } from '../contracts/conversations.js';
import { cleanText } from './clean-text.js';

/** Bytes: what the machine has at all, what of it is free, and what the engine holds already. */
export interface MachineMemory {
  readonly total: number;
  readonly free: number;
  readonly engine: number;
}

/** Tokens of a conversation of ordinary length: a model that has room for no more does not fit. */
const ordinaryLength = 2048;

export interface FitParts {
  readonly facts: LanguageModelFacts;
  /** From the model's card. */
  readonly about: string | null;
  readonly sampling: ConversationSettings['sampling'];
  readonly machine: MachineMemory;
  /** The engine holds it now, and part of it is not free. */
  readonly isOpen: boolean;
}

/** Whether a model finds room, said before it starts. */
export function fitOf({ facts, about, sampling, machine, isOpen }: FitParts): ChatFit {
  const { weightBytes: weights, cacheBytesPerToken, contextLength, chats, preparedBytes } = facts;
  const room = machine.free + (isOpen ? Math.min(machine.engine, weights) : 0);
  const tokens = Math.floor((room - weights) / Math.max(1, cacheBytesPerToken));
  const fits = tokens >= Math.min(ordinaryLength, contextLength);
  const needs = weights + cacheBytesPerToken * Math.min(ordinaryLength, contextLength);
  const canFit = fits || needs <= machine.total;
  const notices: string[] = [];
  if (!canFit) {
    notices.push(
      `This model needs some ${bytes(needs)} of memory, and this computer has ${bytes(machine.total)} in all: choose a smaller model, or one with fewer bits a weight.`,
    );
  } else if (!fits) {
    notices.push(
      `This model needs some ${bytes(needs)} of memory and ${bytes(room)} are free: close other programs, or choose a smaller model.`,
    );
  } else if (tokens < contextLength) {
    notices.push(
      `The memory that is free holds some ${round(tokens)} tokens of a conversation; the model could read ${count(contextLength)}.`,
    );
  }
  if (preparedBytes > 0 && !isOpen && canFit) {
    notices.push(
      `Its first answer prepares the weights for this processor, once: that takes some time and ${bytes(preparedBytes)} on the disk.`,
    );
  }
  return {
    ...{ weights, cache: cacheBytesPerToken * contextLength, free: room, fits, canFit },
    ...{ contextLength, chats, about, sampling, notices },
    defaultSystem: facts.defaultSystem == null ? null : cleanText(facts.defaultSystem),
  };
}

/** Said while there is still something to do about it; null while there is room for the longest answer, or for a long one. */
export function roomNotice(tokens: number, contextLength: number, maxTokens: number): string | null {
  const room = contextLength - tokens;
  if (room <= 0) {
    return `The conversation has ${count(tokens)} tokens, and this model reads at most ${count(contextLength)}: shorten it, or begin a new one.`;
  }
  if (room >= Math.min(maxTokens, contextLength / 4)) return null;
  return `There is room for ${count(room)} more tokens: the answer may be cut short. A new conversation has room for ${count(contextLength)}.`;
}

const count = (tokens: number): string => tokens.toLocaleString('en');

/** To two digits: what is free changes all the time. */
const round = (tokens: number): string => count(Number(tokens.toPrecision(2)));

function bytes(size: number): string {
  if (size >= 1e9) return `${(size / 1e9).toFixed(1)} GB`;
  return `${Math.max(1, Math.round(size / 1e6))} MB`;
}
