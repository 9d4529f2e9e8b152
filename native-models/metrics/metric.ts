/**
 * What a metric is. One file says who defined it, by which formula and estimator, whose digits it agrees with, and how
 * sure its value is; `index.ts` lists them. Adding one: CONTRIBUTING.md.
 */
import type { MatrixProducts } from '../runtime/matrix-products.js';
import type { FeatureSet } from './feature-set.js';
import type { Moments } from './moments.js';
import type { Pace } from './pace.js';
import type { RandomState } from './random-state.js';

/** A number that a metric gives; `app/contracts/measures.ts` has the meaning of each field. */
export interface MetricFacts {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly better: 'lower' | 'higher';
  readonly needs: 'sets' | 'captions';
  readonly shownTimes: number;
  readonly floor: number;
  readonly captionPrefix: string;
  readonly byDefault: boolean;
  readonly paper: string;
}

/** A value and how sure it is: never NaN, never infinite. */
export interface Measured {
  readonly value: number | null;
  readonly reason: string | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly interval: string | null;
  readonly n: [number, number | null];
  readonly bias: number | null;
  readonly details: Record<string, number>;
}

export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** 0 is not inside. */
  readonly clear: boolean;
}

/** The reference as features, or as what is left of them in a file of statistics. */
export type Reference =
  | { readonly kind: 'features'; readonly set: FeatureSet }
  | { readonly kind: 'statistics'; readonly moments: Moments; readonly n: number | null };

export interface Sets {
  readonly generated: FeatureSet;
  readonly reference: Reference;
  /** Another run's pictures, to be compared on the same reference. */
  readonly against: FeatureSet | null;
}

/** What a metric on sets computes with. */
export interface Work {
  readonly products: MatrixProducts;
  readonly pace: Pace;
  /** A generator of its own, so that no metric's draws depend on which others run. */
  random(): RandomState;
  /** 0 to 1 of this metric; `what` where it is another piece of work than the metric itself. */
  progress(part: number, what?: string): void;
  /** False leaves out what takes more than a moment. */
  readonly intervals: boolean;
  readonly mode: string;
}

export interface Captioned {
  /** Row i of all is one picture: its vector, its caption's, that of the caption with the metric's prefix. */
  readonly pictures: FeatureSet;
  readonly texts: FeatureSet;
  readonly prefixed: FeatureSet | null;
  /** The caption's number, of each picture. */
  readonly captions: readonly number[];
}

/** Results by the ids of `gives`. */
export interface Results {
  readonly measured: Record<string, Measured>;
  /** Only where there is another run and both can be compared. */
  readonly differences: Record<string, Difference>;
}

export interface SetsMetric {
  readonly needs: 'sets';
  readonly gives: readonly MetricFacts[];
  measure(sets: Sets, work: Work): Promise<Results>;
}

export interface CaptionsMetric {
  readonly needs: 'captions';
  readonly gives: readonly MetricFacts[];
  measure(captioned: Captioned, against: Captioned | null): Promise<Results>;
}

export type Metric = SetsMetric | CaptionsMetric;

export type Counts = Measured['n'];

export const countsOf = ({ generated, reference }: Sets): Counts => [
  generated.rows,
  reference.kind === 'features' ? reference.set.rows : reference.n,
];

/** No value, and why. */
export function unmeasured(n: Counts, reason: string): Measured {
  return { value: null, reason, low: null, high: null, interval: null, n, bias: null, details: {} };
}

export function difference(value: number, low: number, high: number): Difference {
  return { value, low, high, clear: low > 0 || high < 0 };
}

/** 97.5 % of a normal distribution lie below it. */
export const NORMAL_975 = 1.959963984540054;
