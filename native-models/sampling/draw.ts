/**
 * Draws one token by its probability: the first id at which the sum of probabilities exceeds a uniform number.
 *
 * The numbers come from `TorchGenerator` (MT19937, as everywhere in the studio), one for each token of an answer. So
 * the token at place n depends on the seed, n and the text before it, and on nothing else: an answer that is gone on
 * with becomes the same as one that was never broken off. PyTorch's own multinomial draws in another way: a seed does
 * not give transformers' text.
 *
 * @param logits [V]; −Infinity is never drawn.
 * @param uniform In [0, 1).
 */
import { softmax } from './softmax.js';

export function draw(logits: Float32Array, uniform: number): number {
  const probabilities = softmax(logits);
  let sum = 0;
  let last = -1;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    sum += probabilities[id]!;
    last = id;
    if (uniform < sum) return id;
  }
  return last; // rounding: the sum fell short of 1
}
