import type { PictureReceipt } from '../contracts/gallery.js';

/**
 * Searches compare texts in this form: no capitals, no accents, one form for each letter. A plain substring search
 * over it is faster than it needs to be for 10,000 pictures, and finds parts of words in every language, which a
 * full-text index of words does not.
 */
export function searchForm(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export function searchText({ settings, model, adapters }: PictureReceipt): string {
  const names = adapters.map(({ name }) => name);
  return searchForm([settings.prompt, model.name, settings.sampler, String(settings.seed), ...names].join('\n'));
}

/** Words that must all be there; those in double quotes belong together. */
export function searchWords(query: string): string[] {
  const words = query.match(/"[^"]+"|[^\s"]+/g) ?? [];
  return words.map((word) => searchForm(word.replaceAll('"', '')));
}
