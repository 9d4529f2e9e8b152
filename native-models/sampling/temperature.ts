/**
 * Temperature: logits divided by it before they become probabilities. Below 1 the likely becomes likelier, above 1
 * everything more alike. 0 has no place here: it is greedy (greedy.ts).
 *
 * @param logits [V], left as they are.
 * @returns The likeliest at 0, so that a tiny temperature does not run out of numbers; probabilities do not see it.
 */
export function temperature(logits: Float32Array, value: number): Float32Array {
  if (value === 1) return logits;
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  return logits.map((logit) => (logit - highest) / value);
}
