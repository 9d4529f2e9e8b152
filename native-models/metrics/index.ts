import { clipScore, clipScorePaper } from './clip-score.js';
import { densityCoverage } from './density-coverage.js';
import { fidInfinity } from './fid-infinity.js';
import { fid } from './fid.js';
import { kid } from './kid.js';
import type { Metric, MetricFacts } from './metric.js';
import { precisionRecall } from './precision-recall.js';
import { vendi } from './vendi.js';

/** Every metric, in the order in which they are offered. */
export const metrics: readonly Metric[] = [
  kid,
  clipScore,
  precisionRecall,
  densityCoverage,
  vendi,
  fid,
  fidInfinity,
  clipScorePaper,
];

/** The numbers that they give, in the same order. */
export const metricFacts: readonly MetricFacts[] = metrics.flatMap(({ gives }) => gives);
