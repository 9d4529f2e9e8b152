/**
 * How likely a model found a token, and what else it thought of: natural logarithms of probabilities, from the raw
 * logits, before any sampler changed them.
 */
import { logSumOfExponentials } from './softmax.js';
import { topIds } from './top-ids.js';

export interface TokenProbability {
  readonly id: number;
  /** Natural logarithm of its probability. */
  readonly logprob: number;
}

export interface TokenProbabilities extends TokenProbability {
  /** The likeliest, likeliest first; among equals the lowest id. */
  readonly top: readonly TokenProbability[];
}

/**
 * @param logits [V], raw.
 * @param chosen The token that was taken.
 * @param rivals How many of the likeliest to tell.
 */
export function logProbabilities(logits: Float32Array, chosen: number, rivals: number): TokenProbabilities {
  const logSum = logSumOfExponentials(logits);
  const of = (id: number): TokenProbability => ({ id, logprob: logits[id]! - logSum });
  return { ...of(chosen), top: topIds(logits, rivals).map(of) };
}
