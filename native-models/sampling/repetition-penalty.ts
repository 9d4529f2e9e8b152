/**
 * Repetition penalty: Keskar, McCann, Varshney, Xiong and Socher 2019, "CTRL: a conditional transformer language model
 * for controllable generation" (arXiv 1909.05858), section 4.1: what was said before becomes less likely.
 *
 * Reference: transformers 5.23, `RepetitionPenaltyLogitsProcessor`: over the whole text, prompt and answer.
 *
 * @param logits [V], left as they are.
 * @param seen Ids of the text so far; how often does not matter.
 * @param penalty 1 changes nothing, more makes repetition rarer, less more frequent.
 */
export function repetitionPenalty(logits: Float32Array, seen: Iterable<number>, penalty: number): Float32Array {
  if (penalty === 1) return logits;
  const out = logits.slice();
  for (const id of new Set(seen)) {
    const logit = logits[id];
    if (logit !== undefined) out[id] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return out;
}
