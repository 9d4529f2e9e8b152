/**
 * Top-p, nucleus sampling: Holtzman, Buys, Du, Forbes and Choi 2020, "The curious case of neural text degeneration"
 * (arXiv 1904.09751): the smallest set of the likeliest tokens that together have probability p. The token that crosses
 * p stays. Reference: transformers 5.23, `TopPLogitsWarper`; here equal tokens go by their ids.
 *
 * @param logits [V], left as they are; −Infinity has no part.
 * @param p 1 = all, 0 = the likeliest alone.
 * @returns The others at −Infinity.
 */
import { softmax } from './softmax.js';

export function topP(logits: Float32Array, p: number): Float32Array {
  if (p >= 1) return logits;
  const probabilities = softmax(logits);
  // All tokens below this together have less than 1 - p: the crossing is above them, and they need no sorting.
  const floor = (1 - p) / logits.length;
  const candidates: number[] = [];
  probabilities.forEach((probability, id) => {
    if (probability >= floor && probability > 0) candidates.push(id);
  });
  candidates.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);

  const out = new Float32Array(logits.length).fill(-Infinity);
  let sum = 0;
  for (const id of candidates) {
    out[id] = logits[id]!;
    sum += probabilities[id]!;
    if (sum >= p) break;
  }
  return out;
}
