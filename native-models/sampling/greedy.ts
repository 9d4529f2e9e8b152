/**
 * Greedy: the likeliest token, the lowest id among ties. Reference: `torch.argmax` in transformers 5.23.
 *
 * @param logits [V], at least one of them a number above −Infinity.
 */
export function greedy(logits: Float32Array): number {
  let best = -1;
  let most = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! > most) [best, most] = [id, logits[id]!];
  }
  return best;
}
