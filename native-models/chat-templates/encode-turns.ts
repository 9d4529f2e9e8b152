/**
 * From the turns of a conversation to token ids, through the model's template.
 *
 * What people and models wrote is disguised before the template sees it (tokenizers/language-typed-text.ts), so that
 * a control token in it stays text. Reference: transformers 5.23, `apply_chat_template(tokenize=True)`; the ids are
 * the same for messages without control tokens.
 */
import { ModelError } from '../errors.js';
import type { LanguageTokenizer } from '../tokenizers/language-tokenizer.js';
import { disguise, harmlessWords } from '../tokenizers/language-typed-text.js';
import type { ChatMessage, ChatTemplate } from './chat-template.js';

export interface EncodedTurns {
  readonly ids: number[];
  /** What was changed, one sentence each. */
  readonly notices: readonly string[];
}

export interface TurnOptions {
  readonly enableThinking?: boolean;
}

/** The ids up to where the answer begins. Throws a `ModelError` when the template objects to the turns. */
export function encodeTurns(
  tokenizer: LanguageTokenizer,
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  options: TurnOptions = {},
): EncodedTurns {
  if (messages.length === 0) throw new ModelError('bad-input', 'The conversation is empty: write a message.');
  const notices: string[] = [];
  let turns = messages;
  if (messages[0]?.role === 'system' && !takesSystem(template)) {
    turns = withSystemInFirstTurn(messages);
    notices.push('This model has no place for a system prompt: it was put before the first message.');
  }
  const found = template.words.filter((word) => turns.some(({ content }) => content.includes(word)));
  const words = harmlessWords(found, [...tokenizer.control.values()]);
  const rendered = template.render({
    ...variables(tokenizer),
    messages: turns.map(({ role, content }) => ({ role, content: disguise(content, words) })),
    ...(options.enableThinking === undefined ? {} : { enable_thinking: options.enableThinking }),
  });
  return { ids: tokenizer.encodeTemplate(rendered), notices };
}

function variables(tokenizer: LanguageTokenizer) {
  return {
    add_generation_prompt: true,
    bos_token: tokenizer.bosToken ?? '',
    eos_token: tokenizer.eosToken ?? '',
  };
}

const SYSTEM_PROBE = 'inkstone-system-probe';

/** Whether a template writes down what the system says. Some object to it, some leave it out without a word. */
export function takesSystem(template: ChatTemplate): boolean {
  const messages: ChatMessage[] = [
    { role: 'system', content: SYSTEM_PROBE },
    { role: 'user', content: 'user' },
  ];
  try {
    const text = template.render({ messages, add_generation_prompt: true, bos_token: '', eos_token: '' });
    return text.includes(SYSTEM_PROBE);
  } catch {
    return false;
  }
}

function withSystemInFirstTurn([system, first, ...rest]: readonly ChatMessage[]): ChatMessage[] {
  if (first === undefined) return [{ role: 'user', content: system!.content }];
  if (first.role !== 'user') return [{ role: 'user', content: system!.content }, first, ...rest];
  return [{ ...first, content: `${system!.content}\n\n${first.content}` }, ...rest];
}
