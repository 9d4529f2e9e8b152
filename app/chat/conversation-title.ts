import { cleanLine } from './clean-text.js';

/** Of a conversation in which nothing was said yet. */
export const untitled = 'New conversation';

/** In UTF-16 units. */
const longest = 60;

const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first words of the first turn, in any script; a first word that is too long by itself is cut. */
export function titleFrom(text: string): string {
  const line = cleanLine(text.slice(0, 1000));
  if (line === '') return untitled;
  if (line.length <= longest) return line;
  const start = line.slice(0, 10 * longest);
  const title = begin(start, words) || begin(start, characters);
  return `${title.trimEnd()}…`;
}

/** As many whole segments from the beginning as a title holds. */
function begin(line: string, segments: Intl.Segmenter): string {
  let end = 0;
  for (const { index, segment } of segments.segment(line)) {
    if (index + segment.length > longest) break;
    end = index + segment.length;
  }
  return line.slice(0, end);
}
