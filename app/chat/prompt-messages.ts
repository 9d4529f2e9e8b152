import type { ChatMessage } from '../contracts/chat.js';
import type { Turn } from '../contracts/conversations.js';

/**
 * The way through a conversation as a model reads it. An answer that said nothing (it failed, or was stopped at once)
 * is left out; the two turns of a person that then follow each other become one, with an empty line between them:
 * many chat templates take nothing but turn and turn about.
 */
export function promptMessages(system: string, way: readonly Pick<Turn, 'role' | 'text'>[]): ChatMessage[] {
  const messages: ChatMessage[] = system.trim() === '' ? [] : [{ role: 'system', content: system }];
  for (const { role, text } of way) {
    if (text === '') continue;
    const before = messages.at(-1);
    if (before?.role === role) before.content += `\n\n${text}`;
    else messages.push({ role, content: text });
  }
  return messages;
}
