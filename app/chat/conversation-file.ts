import { basename } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ChatToken } from '../contracts/chat.js';
import { answer, conversationSettings, type Conversation } from '../contracts/conversations.js';
import { StudioError } from '../contracts/studio-error.js';
import { cleanAnswer, cleanLine, cleanText } from './clean-text.js';
import type { NewConversation, NewTurn } from './conversations.js';
import { keepToken, keptToken, readToken } from './kept-tokens.js';

/**
 * A conversation in a file of its own: all its branches, how each answer came about, and its tokens with their rivals
 * as `[id, text, logprob, [[id, text, logprob], ...]]`. JSON, one turn a line.
 */
const format = 'inkstone-conversation';
const version = 1;

const fileTurn = z.object({
  id: z.string().min(1).max(200),
  /** Of a turn that stands before this one in the file. */
  parent: z.string().nullable(),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  createdAt: z.number(),
  answer: answer.omit({ hasTokens: true }).nullable(),
  tokens: z.array(keptToken).default([]),
});
type FileTurn = z.infer<typeof fileTurn>;

const fileForm = z.object({
  title: z.string(),
  createdAt: z.number(),
  settings: conversationSettings,
  shown: z.string().nullable(),
  turns: z.array(fileTurn).max(100_000),
});

export function writeConversation(
  { title, settings, shown, turns }: Conversation,
  createdAt: number,
  tokensOf: (turn: string) => readonly ChatToken[],
): string {
  const head = JSON.stringify({ format, version, title, createdAt, settings, shown });
  const lines = turns.map(({ answer: made, ...turn }) => {
    if (made === null) return JSON.stringify({ ...turn, answer: null } satisfies Omit<FileTurn, 'tokens'>);
    const { hasTokens, ...rest } = made;
    const tokens = hasTokens ? tokensOf(turn.id).map(keepToken) : [];
    return JSON.stringify({ ...turn, answer: rest, tokens } satisfies FileTurn);
  });
  return `${head.slice(0, -1)},"turns":[\n${lines.join(',\n')}\n]}\n`;
}

export interface ReadConversation extends NewConversation {
  readonly turns: readonly NewTurn[];
  readonly shown: string | null;
}

/**
 * What `writeConversation` wrote, checked: it may come from anyone. Turns get ids of their own, so that the same file
 * again is another conversation. Throws `bad-file` in a sentence.
 */
export function readConversation(text: string, file: string): ReadConversation {
  const refuse = (why: string) =>
    new StudioError('bad-file', `${basename(file)} is no conversation that can be read: ${why}.`, { file });
  const value = parseJson(text);
  if (value === undefined) throw refuse('it is not JSON, or it is cut off');
  const kind = z.object({ format: z.literal(format), version: z.number() }).safeParse(value);
  if (!kind.success) throw refuse('Inkstone Studio did not write it');
  if (kind.data.version > version) throw refuse('a newer Inkstone Studio wrote it, update this one');
  const parsed = fileForm.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue?.path.join('.') ?? '';
    throw refuse(`“${place}” in it is not what it should be (${issue?.message ?? 'unknown'})`);
  }
  const { title, createdAt, settings, shown, turns } = parsed.data;
  const ids = new Map<string, { id: string; role: FileTurn['role'] }>();
  const read = turns.map((turn, index): NewTurn => {
    const parent = turn.parent === null ? null : ids.get(turn.parent);
    if (ids.has(turn.id)) throw refuse(`two turns in it have the id ${turn.id}`);
    if (parent === undefined) throw refuse(`turn ${index + 1} follows ${turn.parent}, which is not before it`);
    if ((parent?.role ?? 'assistant') === turn.role) throw refuse(`turn ${index + 1} is not said in turn`);
    if ((turn.role === 'assistant') !== (turn.answer !== null)) {
      throw refuse(`turn ${index + 1} is half a person’s and half an answer`);
    }
    const id = randomUUID();
    ids.set(turn.id, { id, role: turn.role });
    return { ...asTurn(turn), id, parent: parent?.id ?? null };
  });
  const last = shown === null ? null : ids.get(shown);
  if (last === undefined) throw refuse('the turn that it shows is not in it');
  return {
    title: cleanLine(title).slice(0, 200) || null,
    createdAt,
    settings: { ...settings, system: cleanText(settings.system) },
    turns: read,
    shown: last?.id ?? read.at(-1)?.id ?? null,
  };
}

function asTurn({ answer: made, tokens, ...turn }: FileTurn): NewTurn {
  if (made === null) return { ...turn, text: cleanText(turn.text), answer: null, tokens: [] };
  // One that was being written when the file was, is not being written now.
  const state = made.state === 'running' ? 'lost' : made.state;
  return {
    ...{ ...turn, text: cleanAnswer(turn.text), answer: { ...made, state, hasTokens: tokens.length > 0 } },
    tokens: tokens.map(readToken),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\u{feff}/u, ''));
  } catch {
    return undefined;
  }
}
