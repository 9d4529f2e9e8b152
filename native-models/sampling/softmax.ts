/**
 * Logits as probabilities, in float64; −Infinity becomes 0.
 *
 * @param logits [V], at least one of them finite.
 */
export function softmax(logits: Float32Array): Float64Array {
  const logSum = logSumOfExponentials(logits);
  const probabilities = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] !== -Infinity) probabilities[id] = Math.exp(logits[id]! - logSum);
  }
  return probabilities;
}

/** log of the sum of exp(logit), by which logits are taken down to log-probabilities. */
export function logSumOfExponentials(logits: Float32Array): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  for (const logit of logits) if (logit !== -Infinity) sum += Math.exp(logit - highest);
  return highest + Math.log(sum);
}
