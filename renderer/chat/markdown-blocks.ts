/**
 * An answer as blocks that can be drawn one by one: while tokens come, only the last block changes. A code block is a
 * block of its own, and so is a formula that has its own lines; elsewhere a blank line ends one. A list is one block,
 * with all that is indented under its items.
 */
export type Block =
  | { readonly kind: 'markdown'; readonly text: string }
  | { readonly kind: 'code'; readonly language: string; readonly text: string; readonly closed: boolean }
  | { readonly kind: 'math'; readonly text: string; readonly closed: boolean };

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** Within a list item. */
const INNER_FENCE = /^(?: {2,}|\t)\s*(`{3,}|~{3,})([^`]*)$/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const INDENTED = /^(?: {2,}|\t)\S/;

/** `text` as it has come so far; an open code block at its end is shown as code. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let blanks = 0;
  const flush = (): void => {
    const whole = lines.join('\n');
    if (whole.trim() !== '') blocks.push({ kind: 'markdown', text: whole });
    lines = [];
    blanks = 0;
  };
  const all = text.split('\n');
  for (let at = 0; at < all.length; at += 1) {
    const line = all[at] ?? '';
    const inList = LIST_ITEM.test(lines[0] ?? '');
    const inner = inList ? INNER_FENCE.exec(line) : null;
    if (inner) {
      if (blanks > 0) lines.push('');
      blanks = 0;
      const end = all.findIndex((other, place) => place > at && other.trim().startsWith(inner[1] ?? '```'));
      lines.push(...all.slice(at, end < 0 ? all.length : end + 1));
      at = end < 0 ? all.length : end;
      continue;
    }
    const fence = FENCE.exec(line);
    // A backtick in the rest of the line makes it inline code.
    if (fence && !(fence[1]?.startsWith('`') && fence[2]?.includes('`'))) {
      flush();
      const { block, next } = codeFrom(all, at, fence);
      blocks.push(block);
      at = next;
      continue;
    }
    const formula = inList && INDENTED.test(line) ? null : formulaFrom(all, at);
    if (formula) {
      flush();
      blocks.push(formula.block);
      at = formula.next;
      continue;
    }
    if (line.trim() === '') {
      if (lines.length > 0) blanks += 1;
      continue;
    }
    if (blanks > 0) {
      if (inList && (LIST_ITEM.test(line) || INDENTED.test(line))) lines.push('');
      else flush();
      blanks = 0;
    }
    lines.push(line);
  }
  flush();
  return blocks;
}

/** The code block that begins at line `at`; `next` is its last line. */
function codeFrom(all: readonly string[], at: number, fence: RegExpExecArray): { block: Block; next: number } {
  const mark = fence[1] ?? '```';
  const language = (fence[2] ?? '').trim().split(/\s+/)[0] ?? '';
  const code: string[] = [];
  for (let next = at + 1; next < all.length; next += 1) {
    const line = all[next] ?? '';
    const end = FENCE.exec(line);
    if (end?.[1]?.startsWith(mark) && (end[2] ?? '').trim() === '') {
      return { block: { kind: 'code', language, text: code.join('\n'), closed: true }, next };
    }
    code.push(line);
  }
  return { block: { kind: 'code', language, text: code.join('\n'), closed: false }, next: all.length };
}

const FORMULA = /^ {0,3}(\$\$|\\\[|\\begin\{(?:align|alignat|equation|gather)\*?\})/;
/** Nothing in an answer is referred to by the number of an equation. */
const unnumbered = (mark: string): string => mark.replace(/\*?\}$/, '*}');
/** A formula that is longer has no end. */
const MOST_LINES = 200;

/**
 * The formula that begins line `at`, if it ends a line too; `next` is its last line. One whose end has not come is one
 * while it may still come: until an empty line.
 */
function formulaFrom(all: readonly string[], at: number): { block: Block; next: number } | null {
  const begins = FORMULA.exec(all[at] ?? '');
  const mark = begins?.[1];
  if (!begins || mark === undefined) return null;
  const isNamed = mark.startsWith('\\begin');
  const end = mark === '$$' ? mark : mark === '\\[' ? '\\]' : mark.replace('begin', 'end');
  const found: string[] = [];
  for (let next = at; next < Math.min(all.length, at + MOST_LINES); next += 1) {
    const line = all[next] ?? '';
    const from = next === at ? begins[0].length : 0;
    const ends = line.indexOf(end, from);
    if (ends >= 0) {
      if (line.slice(ends + end.length).trim() !== '') return null;
      found.push(line.slice(from, ends));
      const inner = found.join('\n').trim();
      return inner === ''
        ? null
        : {
            block: { kind: 'math', text: isNamed ? unnumbered(mark) + inner + unnumbered(end) : inner, closed: true },
            next,
          };
    }
    found.push(line.slice(from));
    if (line.trim() === '' && next > at) return null;
  }
  if (all.length > at + MOST_LINES) return null;
  return { block: { kind: 'math', text: all.slice(at).join('\n'), closed: false }, next: all.length };
}
