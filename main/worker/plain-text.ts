/**
 * What a stranger's HTML says, without its markup: descriptions come as Civitai's pages have them. The result is shown
 * as text and never as HTML; that no tag survives keeps it readable. `<lora:NAME:1>` is no tag, and stays.
 */
export function plainText(html: string): string {
  // Twice: what was written as `&lt;b&gt;` is mostly markup that some tool escaped once too often.
  return withoutTags(decodeEntities(withoutTags(html)))
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replace(/[ \u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function withoutTags(html: string): string {
  return withoutSpans(withoutSpans(html, '<!--', '-->'), /<(?:script|style)\b/i, /<\/(?:script|style)\s*>/i)
    .replace(/<li(?:\s[^<>]*)?>/gi, '\n• ')
    .replace(/<br(?:[\s/][^<>]*)?>|<\/(?:p|div|h\d|ul|ol|table|tr|blockquote|pre)\s*>/gi, '\n')
    .replace(/<\/?[a-z][a-z0-9-]*(?:[\s/][^<>]*)?>/gi, '')
    .replace(/<!doctype[^<>]*>/gi, '')
    .replace(/<\/?[a-z][a-z0-9-]*[\s/][^<>]*$/i, ''); // cut off in the middle of a tag
}

/** Everything from a begin to the next end; from a begin without an end, everything. Linear in the text. */
function withoutSpans(text: string, begin: string | RegExp, end: string | RegExp): string {
  const [first = '', ...spans] = text.split(begin);
  return first + spans.map((span) => span.split(end).slice(1).join('')).join('');
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
  times: '×',
  copy: '©',
  reg: '®',
  trade: '™',
  deg: '°',
};

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : '';
    },
  );
}
