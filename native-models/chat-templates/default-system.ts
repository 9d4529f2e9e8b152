/**
 * What a chat template tells the model where the conversation has no system prompt: some makers put one of their own
 * there ("You are Qwen, created by Alibaba Cloud ...").
 *
 * Found by rendering one conversation with and without a system prompt. What stands before and after the prompt in the
 * one stands around the template's own in the other; the template's own is what lies between.
 */
import type { ChatMessage, ChatTemplate } from './chat-template.js';

const PROBE = 'inkstone-system-probe';

/** Null: it tells nothing, or has no place for a system prompt, or cannot be rendered. */
export function defaultSystem(template: ChatTemplate): string | null {
  const asked: ChatMessage = { role: 'user', content: 'user' };
  const render = (messages: readonly ChatMessage[]): string =>
    template.render({ messages, add_generation_prompt: true, bos_token: '', eos_token: '' });
  try {
    const parts = render([{ role: 'system', content: PROBE }, asked]).split(PROBE);
    const without = render([asked]);
    const [before, after] = parts;
    if (before === undefined || after === undefined || parts.length > 2) return null;
    if (!without.startsWith(before) || !without.endsWith(after)) return null;
    return without.slice(before.length, without.length - after.length).trim() || null;
  } catch {
    return null;
  }
}
