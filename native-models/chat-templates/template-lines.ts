/**
 * The line of a fault in a template. The library's tokens know no places, but their tags come in the order of the
 * source: a comment with the tag's line is put before each, and the interpreter comes by it.
 */
import type { Token } from './jinja.js';

/** What the comment says. */
export const LINE_MARK = /^line-mark (\d+)$/;

/** The line (from 1 on) of each `{% … %}` and `{{ … }}` of a source, and where it begins; comments have none. */
export interface TagLines {
  readonly lines: readonly number[];
  readonly places: readonly number[];
}

/** `{% generation %}` is taken out by the library before it counts. */
const TAG = /\{#[\s\S]*?#\}|\{%-?\s*(?:end)?generation\s*-?%\}|\{(?:%|\{)(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|(?![%}]\})[^"'])*/g; // prettier-ignore

export function tagLines(source: string): TagLines {
  const [lines, places]: [number[], number[]] = [[], []];
  let [line, counted] = [1, 0];
  for (const { 0: tag, index } of source.matchAll(TAG)) {
    if (tag.startsWith('{#') || /^\{%-?\s*(?:end)?generation\b/.test(tag)) continue;
    for (; counted < index; counted++) if (source[counted] === '\n') line++;
    lines.push(line);
    places.push(index);
  }
  return { lines, places };
}

/** The tokens with a mark before each tag; as they are when the count of tags does not fit. */
export function markLines(tokens: readonly Token[], { lines }: TagLines): Token[] {
  const marked: Token[] = [];
  let tag = 0;
  for (const token of tokens) {
    if (token.type === 'OpenStatement' || token.type === 'OpenExpression') {
      marked.push({ type: 'Comment', value: `line-mark ${lines[tag] ?? lines.at(-1) ?? 1}` });
      tag++;
    }
    marked.push(token);
  }
  return marked;
}

/**
 * Where parsing failed: at the last token that was read. Where not even tokens came about: in the first tag without
 * which they do.
 *
 * @param furthest Index of the last token that was read; −1 when there were none.
 */
export function lineOfFault(
  source: string,
  { lines, places }: TagLines,
  furthest: number,
  tokensOf: (text: string) => readonly Token[],
): number | null {
  if (furthest >= 0) {
    const marks = tokensOf(source)
      .slice(0, furthest + 1)
      .map(({ value }) => LINE_MARK.exec(value)?.[1]);
    const last = marks.findLast((mark) => mark !== undefined);
    return last === undefined ? null : Number(last);
  }
  const fails = (text: string): boolean => {
    try {
      tokensOf(text);
      return false;
    } catch {
      return true;
    }
  };
  let [low, high] = [0, places.length]; // without the tags from `low` on it works, without those from `high` on it fails
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fails(source.slice(0, places[middle]))) high = middle;
    else low = middle;
  }
  return lines[low] ?? null;
}
