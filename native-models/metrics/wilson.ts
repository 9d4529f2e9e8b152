import { NORMAL_975 } from './metric.js';

/** Interval of 95 % of a share of n (Wilson 1927): stays within 0..1, and does not shrink to nothing at either end. */
export function wilsonInterval(share: number, n: number): { low: number; high: number } {
  const z2 = NORMAL_975 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (NORMAL_975 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: Math.min(share, Math.max(0, middle - half)), high: Math.max(share, Math.min(1, middle + half)) };
}
