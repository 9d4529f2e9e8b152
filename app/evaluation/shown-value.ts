import type { MetricResult } from '../contracts/evaluation.js';
import { showDifference, showMeasure } from '../contracts/measured-digits.js';

type Shown = Pick<MetricResult, 'value' | 'low' | 'high' | 'shownTimes'>;

/** A metric's value and its interval as people read them; null where there is none. */
export function shownValue({ value, low, high, shownTimes }: Shown): {
  readonly value: string | null;
  readonly interval: string | null;
} {
  if (value === null) return { value: null, interval: null };
  const shown = showMeasure({ value, low, high }, shownTimes);
  return { value: shown.value, interval: shown.low === null ? null : `${shown.low} – ${shown.high}` };
}

/** The change from the other run, `−1.9 ± 0.8`; null where none is told. */
export function shownDifference({ against, shownTimes }: Pick<MetricResult, 'against' | 'shownTimes'>): string | null {
  if (against?.difference == null) return null;
  const { value, half } = showDifference(against.difference, shownTimes);
  return `${value} ± ${half}`;
}

/** `6.4 [5.6, 7.2]`, for sentences. */
export function valueInWords(metric: Shown): string {
  const { value, low, high, shownTimes } = metric;
  if (value === null) return 'none';
  const shown = showMeasure({ value, low, high }, shownTimes);
  return shown.low === null ? shown.value : `${shown.value} [${shown.low}, ${shown.high}]`;
}
