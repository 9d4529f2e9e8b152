/**
 * What a language model is given to read: turns through its chat template, or a text that it continues as it stands.
 */
import type { ChatMessage, ChatTemplate } from '../chat-templates/chat-template.js';
import { encodeTurns } from '../chat-templates/encode-turns.js';
import type { LanguageTokenizer } from '../tokenizers/language-tokenizer.js';

export type LanguagePrompt =
  | { readonly kind: 'turns'; readonly messages: readonly ChatMessage[]; readonly enableThinking?: boolean }
  | { readonly kind: 'text'; readonly text: string };

export interface EncodedPrompt {
  readonly ids: readonly number[];
  /** Whether the answer is a text of its own, and does not continue the prompt's last word. */
  readonly answerBegins: boolean;
  /** What was changed, one sentence each. */
  readonly notices: readonly string[];
}

/** Turns for a model without a template are one text, which it continues. */
export function encodePrompt(
  tokenizer: LanguageTokenizer,
  template: ChatTemplate | null,
  prompt: LanguagePrompt,
): EncodedPrompt {
  if (prompt.kind === 'text') return continued(tokenizer, prompt.text, []);
  if (template === null) {
    const text = prompt.messages.map(({ content }) => content).reduce(joinTurns, '');
    return continued(tokenizer, text, ['This model has no chat template: it continues the text as it stands.']);
  }
  const { messages, enableThinking } = prompt;
  const options = enableThinking === undefined ? {} : { enableThinking };
  return { ...encodeTurns(tokenizer, template, messages, options), answerBegins: true };
}

function continued(tokenizer: LanguageTokenizer, text: string, notices: readonly string[]): EncodedPrompt {
  return { ids: tokenizer.encodeText(text), answerBegins: text === '', notices };
}

/** A space between two turns where the second begins a word and none is there. */
function joinTurns(before: string, turn: string): string {
  const apart = before !== '' && /\S$/u.test(before) && /^[\p{L}\p{N}“"‘(]/u.test(turn);
  return apart ? `${before} ${turn}` : before + turn;
}
