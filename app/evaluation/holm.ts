import type { MeasuredDifference } from '../contracts/measures.js';

/** 97.5th percentile of the normal distribution: half an interval of 95 % in standard errors. */
const z95 = 1.959964;
const level = 0.05;

/**
 * The differences that hold when all of them are told at once: Holm's step-down rule (Holm 1979, "A simple sequentially
 * rejective multiple test procedure"). The smallest of m p-values must be below 5 % / m, the next below 5 % / (m − 1),
 * and so on to the first that is not. p-values come from the intervals, taken as normal; with one difference it is the
 * interval's own word.
 */
export function holm(differences: Readonly<Record<string, MeasuredDifference>>): Set<string> {
  const clear = new Set<string>();
  const tested = Object.entries(differences)
    .map(([id, difference]) => ({ id, difference, p: pValue(difference) }))
    .sort((a, b) => a.p - b.p);
  for (const [index, { id, difference, p }] of tested.entries()) {
    if (!difference.clear || (tested.length > 1 && p > level / (tested.length - index))) break;
    clear.add(id);
  }
  return clear;
}

/** Two-sided, of no difference. */
function pValue({ value, low, high }: MeasuredDifference): number {
  const error = (high - low) / (2 * z95);
  if (error === 0) return value === 0 ? 1 : 0;
  return complementaryError(Math.abs(value) / error / Math.SQRT2);
}

/** erfc(x) for x >= 0, to 1.5e-7: Abramowitz and Stegun 1964, formula 7.1.26. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return polynomial * Math.exp(-x * x);
}
