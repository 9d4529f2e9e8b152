import type { ChatToken } from '../../app/contracts/chat.js';

/** How a token is shown: its tint by its probability, and text for what cannot be seen. */

/** Lower bounds of the tints, likeliest first; the last has none. */
export const TINTS = [
  { name: 'p4', from: 0.9, words: 'over 0.9' },
  { name: 'p3', from: 0.5, words: '0.5–0.9' },
  { name: 'p2', from: 0.2, words: '0.2–0.5' },
  { name: 'p1', from: 0, words: 'under 0.2' },
] as const;

/** 0 to 1; null when probabilities were not asked for. */
export const probabilityOf = ({ logprob }: { logprob: number | null }): number | null =>
  logprob === null ? null : Math.exp(Math.min(0, logprob));

export const tintOf = (probability: number | null): string =>
  probability === null ? '' : (TINTS.find(({ from }) => probability > from)?.name ?? 'p1');

/** "0.62"; what would round to nothing or to certainty says so. */
export function probabilityWords(probability: number | null): string {
  if (probability === null) return 'not known';
  if (probability < 0.005) return 'under 0.01';
  return probability > 0.995 && probability < 1 ? 'over 0.99' : probability.toFixed(2);
}

/** The same in the width of four signs, where a column of figures stands. */
export function probabilityFigure(probability: number | null): string {
  if (probability === null) return '–';
  return probability < 0.005 ? '<.01' : probability.toFixed(2);
}

/** A piece of a token in the running text: what is read, or a sign for what is not seen. */
export interface Piece {
  readonly text: string;
  readonly sign: boolean;
  /** A new line begins after it. */
  readonly breaks: boolean;
}

const PART_OF_CHARACTER = '\uFFFD';

/**
 * A token as pieces: line breaks as ↵, tabs as ⇥, parts of a character and control characters as ·; a token of spaces
 * alone as ␣, as nothing else of it can be seen. One without any text is ∅.
 */
export function piecesOf(text: string): Piece[] {
  if (text === '') return [{ text: '∅', sign: true, breaks: false }];
  if (/^ +$/.test(text)) return [{ text: '␣'.repeat(text.length), sign: true, breaks: false }];
  return text
    .split(/(\r\n|[\p{Cc}\p{Bidi_Control}\uFFFD])/u)
    .filter((part) => part !== '')
    .map((part) => {
      if (part === '\n' || part === '\r' || part === '\r\n') return { text: '↵', sign: true, breaks: true };
      if (part === '\t') return { text: '⇥', sign: true, breaks: false };
      const hidden = part === PART_OF_CHARACTER || /^[\p{Cc}\p{Bidi_Control}]$/u.test(part);
      return { text: hidden ? '·' : part, sign: hidden, breaks: false };
    });
}

/** In a list of rivals and to a screen reader, where no running text tells that a space comes first. */
export const tokenWords = (text: string): string =>
  piecesOf(text)
    .map((piece) => piece.text)
    .join('')
    .replace(/^ /, '␣');

/** Its rivals as rows: likeliest first, its own among them even where it was an unlikely one. */
export function rivalRows(token: ChatToken): { id: number; text: string; probability: number | null; own: boolean }[] {
  const own = { id: token.id, text: token.text, logprob: token.logprob };
  const all = token.top.some(({ id }) => id === token.id) ? token.top : [...token.top, own];
  return all
    .map(({ id, text, logprob }) => ({
      id,
      text,
      probability: probabilityOf({ logprob }),
      own: id === token.id,
    }))
    .toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0));
}
