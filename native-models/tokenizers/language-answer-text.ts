/**
 * Token ids of an answer of which only the text is known: a person wrote it, or its tokens were not kept. The model goes
 * on from them as if it had chosen them.
 */
import { decodeTokens } from './language-stream-decoder.js';
import type { LanguageTokenizer } from './language-tokenizer.js';

/**
 * SentencePiece puts a space before every text that it encodes, which a continuation of another text must not get: so
 * several ways are tried, and the first whose tokens say exactly `text` is taken.
 *
 * @param begins Whether the answer is a text of its own, and does not continue the prompt's last word.
 */
export function encodeAnswer(tokenizer: LanguageTokenizer, text: string, begins: boolean): number[] {
  const whole = tokenizer.encode(text);
  const says = (ids: readonly number[]): boolean => decodeTokens(tokenizer, ids, begins) === text;
  if (says(whole)) return whole;
  // The space that it puts is the one that is there.
  if (text.startsWith(' ')) {
    const without = tokenizer.encode(text.slice(1));
    if (says(without)) return without;
  }
  // No token holds both a line feed and what follows it in these vocabularies.
  const lineFeed = tokenizer.encode('\n');
  const after = tokenizer.encode(`\n${text}`);
  if (lineFeed.every((id, at) => after[at] === id) && says(after.slice(lineFeed.length))) {
    return after.slice(lineFeed.length);
  }
  return whole;
}
