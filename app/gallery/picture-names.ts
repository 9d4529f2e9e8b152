/** Words of a prompt that a file name can hold, in any script; at most this many characters. */
const longestWords = 48;

/** `2026-11-24/7-a-red-heart`: the day folder and the file's name, without ending. */
export function pictureName(settings: { seed: number; prompt: string }, createdAt: number): string {
  const words = nameWords(settings.prompt);
  return `${localDay(createdAt)}/${settings.seed}${words === '' ? '' : `-${words}`}`;
}

/** Letters and digits joined by hyphens, cut at a word's end. */
function nameWords(prompt: string): string {
  const words =
    prompt
      .slice(0, 400)
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  let name = '';
  for (const word of words) {
    const longer = name === '' ? word : `${name}-${word}`;
    if (countCharacters(longer) > longestWords) break;
    name = longer;
  }
  // One long first word, or a script without spaces.
  return name === '' ? firstCharacters(words[0] ?? '', longestWords) : name;
}

/** What a person takes for one character: an emoji of five code points is one. */
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const countCharacters = (text: string): number => Array.from(characters.segment(text)).length;
const firstCharacters = (text: string, count: number): string =>
  Array.from(characters.segment(text), ({ segment }) => segment)
    .slice(0, count)
    .join('');

/** The day where the person is, as they would look for it. */
function localDay(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The grid's accessible name of a picture: the first words of its prompt. */
export function pictureTitle(prompt: string): string {
  const line = prompt.slice(0, 1000).replace(/\s+/g, ' ').trim();
  const longest = 80;
  if (line === '') return 'No prompt';
  return countCharacters(line) <= longest ? line : `${firstCharacters(line, longest).trimEnd()}…`;
}
