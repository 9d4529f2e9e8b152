import type { MetricResult } from '../../app/contracts/evaluation.js';

/** Where a row's marks stand: shares of its axis, 0 to 1. */
export interface IntervalMarks {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly other: number | null;
}

/** Room beyond what is to be seen, as a share of it. */
const AIR = 0.06;

/** What is a share of pictures is seen on the whole of it. */
const SHARES: readonly string[] = ['precision', 'recall', 'coverage'];

/** Every row has an axis of its own that begins at 0, so that a narrow interval looks narrow. */
export function marksOf({
  metric,
  value,
  low,
  high,
  against,
}: Pick<MetricResult, 'metric' | 'value' | 'low' | 'high' | 'against'>): IntervalMarks | null {
  if (value === null) return null;
  const seen = [value, low, high, against?.value ?? null].filter((one) => one !== null);
  const inShares = SHARES.includes(metric) && seen.every((one) => one >= 0 && one <= 1);
  const [least, most] = inShares ? [0, 1] : [Math.min(0, ...seen), Math.max(0, ...seen)];
  const air = inShares ? 0 : AIR * (most - least);
  const start = least < 0 ? least - air : 0;
  const end = most > 0 ? most + air : 0;
  // Where all is 0 there is no length: it stands where the axis begins.
  const share = (one: number): number => (one - start) / (end - start || 1);
  const maybe = (one: number | null): number | null => (one === null ? null : share(one));
  return {
    value: share(value),
    low: maybe(low),
    high: maybe(high),
    other: maybe(against?.value ?? null),
  };
}

const WIDTH = 220;
const HEIGHT = 14;
const MIDDLE = HEIGHT / 2;

/** The interval as a bar, the value as a dot, the other run as a line across; the figures beside it say the same. */
export function IntervalBar({ metric }: { metric: MetricResult }) {
  const marks = marksOf(metric);
  if (!marks) return null;
  const x = (share: number): number => share * WIDTH;
  return (
    <svg className="interval-bar" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={`M0 ${MIDDLE}h${WIDTH}`} className="axis" vectorEffect="non-scaling-stroke" />
      {marks.low !== null && marks.high !== null ? (
        <path d={`M${x(marks.low)} ${MIDDLE}H${x(marks.high)}`} className="bar-a" vectorEffect="non-scaling-stroke" />
      ) : null}
      {marks.other === null ? null : (
        <path d={`M${x(marks.other)} 1V${HEIGHT - 1}`} className="line-b" vectorEffect="non-scaling-stroke" />
      )}
      {/* A point of no length with round ends is a dot that keeps its shape however wide the row is. */}
      <path d={`M${x(marks.value)} ${MIDDLE}h0.01`} className="dot-a" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
