/** One line of the performance table. */
export interface BenchRow {
  readonly name: string;
  /** Median of what was measured. */
  readonly value: number;
  readonly unit: 's' | 'ms' | 'MB' | '%' | 'tokens/s' | 'pictures/s';
  /** What it is compared with in the same run, in words; null where nothing is. */
  readonly peer: string | null;
  /** value / peer's value. */
  readonly ratio: number | null;
  /** What it should be; null where there is no aim. */
  readonly aim: string | null;
}

/** A row that is compared with nothing. */
export function row(name: string, value: number, unit: BenchRow['unit'], aim: string | null): BenchRow {
  return { name, value, unit, peer: null, ratio: null, aim };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
