import { readFile, stat } from 'node:fs/promises';
import type { Conversation } from '../contracts/conversations.js';
import type { Desktop } from '../contracts/desktop.js';
import { StudioError } from '../contracts/studio-error.js';
import { chooseFile, writeWhole } from '../storage/save-as.js';
import type { Answering } from './answering.js';
import type { ChatModels } from './chat-models.js';
import { readConversation, writeConversation } from './conversation-file.js';
import { conversationMarkdown } from './conversation-markdown.js';
import type { Conversations } from './conversations.js';

export interface ExchangeParts {
  readonly conversations: Conversations;
  readonly answering: Answering;
  readonly models: ChatModels;
  readonly desktop: Desktop;
}

/** A larger file is none of ours: 10,000 long answers with all their rivals have less. */
const mostBytes = 256e6;

/** Write a conversation to a file that the person chooses; null when they close the dialog. */
export async function exportConversation(
  { conversations, answering, desktop }: ExchangeParts,
  { id, format }: { readonly id: string; readonly format: 'json' | 'markdown' },
): Promise<{ path: string } | null> {
  const { title, createdAt } = conversations.existing(id);
  const ending = format === 'json' ? '.json' : '.md';
  const path = await chooseFile(desktop, {
    ...{ title: 'Export the conversation', name: title, otherwise: 'conversation', ending },
  });
  if (path === null) return null;
  const conversation = answering.withRunning(conversations.get(id));
  const text =
    format === 'json'
      ? writeConversation(conversation, createdAt, (turn) => answering.tokensOf(turn))
      : conversationMarkdown(conversation);
  await writeWhole(path, text);
  return { path };
}

/** Take in a conversation that was exported as JSON; without a path the person chooses. The last one of several. */
export async function importConversation(parts: ExchangeParts, path: string | undefined): Promise<Conversation | null> {
  const files = path === undefined ? await parts.desktop.chooseFiles('Import a conversation', ['json']) : [path];
  let last: Conversation | null = null;
  for (const file of files) last = await importOne(parts, file);
  return last;
}

async function importOne({ conversations, models }: ExchangeParts, file: string): Promise<Conversation> {
  const { turns, shown, ...begin } = readConversation(await readWhole(file), file);
  // Where the conversation's model is not in this library, another one answers from now on.
  const known = await models.existing(begin.settings.model).then(
    () => true,
    () => false,
  );
  const model = known ? begin.settings.model : await models.lastUsed();
  return conversations.create({ ...begin, settings: { ...begin.settings, model } }, turns, shown);
}

async function readWhole(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) throw new StudioError('bad-file', `${file} is too large for a conversation.`, { file });
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof StudioError) throw cause;
    throw new StudioError('missing-file', `${file} cannot be read; check that it is there and yours.`, { file, cause });
  }
}
