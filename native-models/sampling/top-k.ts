/**
 * Top-k: Fan, Lewis and Dauphin 2018, "Hierarchical neural story generation" (arXiv 1805.04833): only the k likeliest
 * tokens stay. Reference: transformers 5.23, `TopKLogitsWarper`: all that are equal to the k-th stay as well.
 *
 * @param logits [V], left as they are.
 * @param k 0 = all.
 * @returns The others at −Infinity.
 */
import { topIds } from './top-ids.js';

export function topK(logits: Float32Array, k: number): Float32Array {
  if (k === 0 || k >= logits.length) return logits;
  const least = logits[topIds(logits, k).at(-1)!]!;
  return logits.map((logit) => (logit < least ? -Infinity : logit));
}
