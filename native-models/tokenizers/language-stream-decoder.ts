/**
 * Text out of tokens that come one by one. A character may be made of several tokens: its bytes wait here until it is
 * whole, so that nobody sees half of it.
 */
import type { LanguageTokenizer } from './language-tokenizer.js';

export class StreamDecoder {
  readonly #tokenizer: LanguageTokenizer;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #dropsSpace: boolean;

  /** @param begins Whether the tokens are a text of their own, and not the continuation of another one. */
  constructor(tokenizer: LanguageTokenizer, begins: boolean) {
    this.#tokenizer = tokenizer;
    this.#dropsSpace = begins && tokenizer.dropsFirstSpace;
  }

  /** The text that this token completes; empty while a character is not whole, and for control tokens. */
  push(id: number): string {
    const text = this.#decoder.decode(this.#tokenizer.bytesOf(id), { stream: true });
    if (!this.#dropsSpace || text === '') return text;
    this.#dropsSpace = false;
    return text.startsWith(' ') ? text.slice(1) : text;
  }

  /** The end: a character that never became whole, as U+FFFD. */
  end(): string {
    return this.#decoder.decode();
  }
}

/** The text of tokens, all at once. */
export function decodeTokens(tokenizer: LanguageTokenizer, ids: Iterable<number>, begins: boolean): string {
  const decoder = new StreamDecoder(tokenizer, begins);
  let text = '';
  for (const id of ids) text += decoder.push(id);
  return text + decoder.end();
}
