/**
 * Min-p: Nguyen et al. 2024, "Turning up the heat: min-p sampling for creative and coherent LLM outputs"
 * (arXiv 2407.01082): only tokens that are at least p times as likely as the likeliest stay.
 * Reference: transformers 5.23, `MinPLogitsWarper`.
 *
 * @param logits [V], left as they are.
 * @param p 0 = all.
 * @returns The others at −Infinity.
 */
export function minP(logits: Float32Array, p: number): Float32Array {
  if (p === 0) return logits;
  // probability >= p * highest, in logarithms; in float64, since a logit may equal the bound
  const bound = highest(logits) + Math.log(p);
  return logits.map((logit) => (logit < bound ? -Infinity : logit));
}

function highest(logits: Float32Array): number {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  return most;
}
