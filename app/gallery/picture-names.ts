import { withoutAdapterTags } from '../contracts/adapter-tags.js';

/** Words of a prompt that a file name can hold, in any script; at most this many characters. */
const longestWords = 48;
/** File systems allow 255 for the whole name; the worker's half-written file has a longer one. */
const mostBytes = 160;

/** `2026-11-24/7-a-red-heart`: the day folder and the file's name, without ending. */
export function pictureName(settings: { seed: number; prompt: string }, createdAt: number): string {
  const words = nameWords(settings.prompt);
  return `${localDay(createdAt)}/${settings.seed}${words === '' ? '' : `-${words}`}`;
}

/** Letters and digits joined by hyphens, cut at a word's end. */
function nameWords(prompt: string): string {
  const words =
    withoutAdapterTags(prompt)
      .slice(0, 400)
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? [];
  let name = '';
  for (const word of words) {
    const longer = name === '' ? word : `${name}-${word}`;
    if (!fits(longer)) break;
    name = longer;
  }
  if (name !== '') return name;
  // One long first word, or a script without spaces.
  for (const length of [longestWords, longestWords / 4]) {
    const cut = firstCharacters(words[0] ?? '', length);
    if (fits(cut)) return cut;
  }
  return '';
}

const fits = (name: string): boolean =>
  firstCharacters(name, longestWords) === name && Buffer.byteLength(name) <= mostBytes;

/** What a person takes for one character: an emoji of five code points is one. */
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let taken = 0;
  for (const { index } of characters.segment(text)) {
    if (taken === count) return text.slice(0, index);
    taken += 1;
  }
  return text;
}

/** The day where the person is, as they would look for it. */
function localDay(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The grid's accessible name of a picture: the first words of its prompt. */
export function pictureTitle(prompt: string): string {
  const line = withoutAdapterTags(prompt).slice(0, 2000).replace(/\s+/g, ' ').trim();
  const longest = 80;
  if (line === '') return 'No prompt';
  const shown = firstCharacters(line, longest);
  return shown === line ? line : `${shown.trimEnd()}…`;
}
