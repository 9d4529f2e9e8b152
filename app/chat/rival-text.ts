import type { ChatToken } from '../contracts/chat.js';

/**
 * The part of an answer's text that its first `count` tokens wrote. A token's own text is not always what it adds (a
 * first space that is left out, a part of a character), so each is looked for where the ones before it ended. Exact
 * but for such tokens; the engine says the whole text when the answer is finished.
 */
export function textOfFirst(text: string, tokens: readonly ChatToken[], count: number): string {
  let end = 0;
  for (const token of tokens.slice(0, count)) {
    const own = wholePart(token.text);
    if (own === '') continue;
    for (const form of [own, own.trimStart()]) {
      const at = form === '' ? -1 : text.indexOf(form, end);
      if (at === -1 || at > end + longestCharacter) continue;
      end = at + form.length;
      break;
    }
  }
  return text.slice(0, end);
}

/** Tokens that are parts of characters are looked past: no character is longer than this, in UTF-16 units. */
const longestCharacter = 8;

/** A token's text without parts of characters. */
export const wholePart = (text: string): string => text.replaceAll('\u{fffd}', '');
