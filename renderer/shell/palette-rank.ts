/** How well a name answers a query: 1 the very name, 0 not at all. Scattered letters are no answer. */
export function rank(query: string, name: string): number {
  const wanted = plain(query);
  const text = plain(name);
  if (wanted === '') return 1;
  if (text === wanted) return 1;
  if (text.startsWith(`${wanted} `)) return 0.9;
  if (text.startsWith(wanted)) return 0.85;
  if (` ${text}`.includes(` ${wanted}`)) return 0.75;
  const words = text.split(' ');
  if (wanted.split(' ').every((part) => words.some((word) => word.startsWith(part)))) return 0.6;
  return wanted.length > 1 && text.includes(wanted) ? 0.4 : 0;
}

/** Small letters, one space between words; signs between words count as a space. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[\s:,.…()“”"_-]+/g, ' ')
    .trim();
