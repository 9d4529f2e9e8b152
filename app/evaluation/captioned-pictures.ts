import type { MetricFacts } from '../contracts/measures.js';
import type { CaptionedSource } from './gather.js';
import type { HashedPicture } from './hashed-pictures.js';

/** Pictures that have a caption and can be read. */
export function captionedPictures({ hashed, captions }: CaptionedSource): HashedPicture[] {
  return hashed.filter(({ index }) => captions?.[index] != null);
}

/** What stands before each caption: nothing, and then what a metric wants before it. */
export const prefixesOf = (facts: readonly MetricFacts[]): string[] => [
  '',
  ...new Set(facts.map(({ captionPrefix }) => captionPrefix).filter((prefix) => prefix !== '')),
];
