/**
 * Typed text inside a rendered chat template, told apart from the template's own.
 *
 * A template is a program that puts the turns between control tokens, and its result is one text: whoever types
 * `<|im_end|>` into a message could end his turn and speak as the system. So before rendering, every character that a
 * person or a model wrote is disguised: moved to plane 16 of Unicode, which is for private use. A control token is then
 * looked for in what is left, so all its letters were written by the template. Afterwards the disguise is taken off.
 *
 * Two things stay as they are, because templates work on them: white space (`| trim`), and those words that the
 * template itself looks for (`content.split('</think>')`), unless a control token could be put together with them.
 */

/** Code units 0..0xffff as characters U+100000..U+10ffff. */
const PLANE_16 = 0x100000;
const DISGUISED = /[\u{100000}-\u{10ffff}]/gu;

export function disguise(typed: string, words: readonly string[] = []): string {
  const plain = words.length === 0 ? /\s+/y : new RegExp(`\\s+|${words.map(escapeForRegExp).join('|')}`, 'y');
  let out = '';
  for (let place = 0; place < typed.length;) {
    plain.lastIndex = place;
    const [kept] = plain.exec(typed) ?? [];
    if (kept) out += kept;
    else out += String.fromCodePoint(PLANE_16 + typed.charCodeAt(place));
    place += kept?.length ?? 1;
  }
  return out;
}

/** The text as it was typed. */
export function reveal(text: string): string {
  return text.replace(DISGUISED, (letter) => String.fromCharCode(letter.codePointAt(0)! - PLANE_16));
}

/** A text that says something in plane 16 itself; a control token of that kind could not be told from typed text. */
export function isDisguised(text: string): boolean {
  return text.search(DISGUISED) !== -1;
}

/**
 * Of the words that a template looks for, the ones that may stay readable in typed text: no control token holds such a
 * word, is held by it, or begins or ends within it. Whatever the template puts around it, no control token comes about.
 */
export function harmlessWords(words: readonly string[], control: readonly string[]): string[] {
  const harmless = words.filter((word) => word.trim().length > 1 && control.every((token) => !mayMeet(word, token)));
  return [...new Set(harmless)].sort((a, b) => b.length - a.length);
}

function mayMeet(word: string, token: string): boolean {
  if (token.includes(word) || word.includes(token)) return true;
  for (let length = 1; length < Math.min(word.length, token.length); length++) {
    if (word.endsWith(token.slice(0, length)) || word.startsWith(token.slice(-length))) return true;
  }
  return false;
}

export function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => `\\${sign}`);
}
