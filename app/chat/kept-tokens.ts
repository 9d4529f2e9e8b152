import { z } from 'zod';
import type { ChatToken, Rival } from '../contracts/chat.js';

/**
 * Tokens as they are kept, in the database and in files: lists instead of objects, since an answer has hundreds of
 * tokens and each of them its rivals. Logarithms have four decimals.
 */
const [id, text, logprob] = [z.number().int().nonnegative(), z.string(), z.number().nullable()];
const keptRival = z.tuple([id, text, logprob]);
export const keptToken = z.tuple([id, text, logprob, z.array(keptRival).max(100)]);

type KeptRival = z.infer<typeof keptRival>;
export type KeptToken = z.infer<typeof keptToken>;

export function keepToken({ top, ...own }: ChatToken): KeptToken {
  return [...keepRival(own), top.map(keepRival)];
}

export function readToken([id, text, logprob, top]: KeptToken): ChatToken {
  return { id, text, logprob, top: top.map(readRival) };
}

const keepRival = ({ id, text, logprob }: Rival): KeptRival => [id, text, logprob === null ? null : rounded(logprob)];

const readRival = ([id, text, logprob]: KeptRival): Rival => ({ id, text, logprob });

const rounded = (logprob: number): number => Math.round(logprob * 1e4) / 1e4;
