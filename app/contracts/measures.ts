import { z } from 'zod';
import { featureMatrix } from './features.js';

export type { MetricFacts } from './capabilities.js';

/** Metrics: what there are, what goes in, what comes out. The mathematics is in `native-models/metrics`. */

/** A number and how sure it is. */
export const measured = z.object({
  /** Null where there is none; `reason` says why. */
  value: z.number().nullable(),
  reason: z.string().nullable(),
  /** Interval of 95 % around the value; null where none can be had. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** How the interval was made, in few words: `jackknife`, `half samples, 25`. */
  interval: z.string().nullable(),
  /** Pictures of the generated set, and of the reference one. */
  n: z.tuple([z.number().int(), z.number().int().nullable()]),
  /**
   * How much the value reads too high at these sizes, where that is known (FID; of FID∞ by the reference's alone): a
   * formula's estimate from the eigenvalues of the covariances. Of both sets' features pooled, else of the statistics:
   * those of the same pictures give another estimate; and it is of the generated side alone where they tell no number.
   * Null for a set against itself.
   */
  bias: z.number().nullable(),
  /**
   * Other forms of the number, by name: KID over torch-fidelity's subsets `subsetsMean`, `subsetsDeviation`; FID with
   * its bias taken off as half samples show it, `corrected` (not `value` less `bias`, which is a formula's estimate),
   * and `correctedLow`, `correctedHigh` where there are more pictures than dimensions:
   * with fewer the bias grows more slowly than 1/N, and `corrected` still reads too high. FID∞ has the `slope` of its
   * line in 1/N, and `deviation`, by how much the choice of the subsets moves it.
   */
  details: z.record(z.string(), z.number()),
});
export type Measured = z.infer<typeof measured>;

/** The generated set's value less the other run's, on the same reference and by the same way. */
export const measuredDifference = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  /** 0 is not inside. */
  clear: z.boolean(),
});
export type MeasuredDifference = z.infer<typeof measuredDifference>;

export const referenceSet = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('features'), matrix: featureMatrix }),
  /** pytorch-fid's `.npz` with `mu` and `sigma`; it does not tell of how many pictures. */
  z.object({ kind: z.literal('statistics'), path: z.string() }),
]);

export const setsRequest = z.object({
  generated: featureMatrix,
  reference: referenceSet,
  /** Another run's pictures, to tell the difference. */
  against: featureMatrix.nullable(),
  /** Ids of metrics that need sets. */
  metrics: z.array(z.string()),
  /** `torch-fidelity` also gives KID over its subsets. */
  mode: z.string(),
  seed: z.number().int().nonnegative(),
  /** False leaves the intervals out where they take more than a moment. */
  intervals: z.boolean(),
  /** The 2-D map and the nearest neighbours. */
  pictures: z.boolean(),
});
export type SetsRequest = z.infer<typeof setsRequest>;

/** Both sets in one plane. Coordinates are in units of the first axis's spread; at most 2,000 points a set. */
export const featureMap = z.object({
  generated: z.array(z.object({ index: z.number().int(), x: z.number(), y: z.number() })),
  reference: z.array(z.object({ index: z.number().int(), x: z.number(), y: z.number() })),
  /** Share of the variance that each axis shows, 0 to 1. */
  shares: z.tuple([z.number(), z.number()]),
});
export type FeatureMap = z.infer<typeof featureMap>;

/** Of each generated picture: the reference picture that is nearest, and how far it is (Euclidean, in features). */
export const neighbours = z.array(
  z.object({ index: z.number().int(), reference: z.number().int(), distance: z.number() }),
);
export type Neighbours = z.infer<typeof neighbours>;

export const measuredSets = z.object({
  metrics: z.record(z.string(), measured),
  differences: z.record(z.string(), measuredDifference),
  map: featureMap.nullable(),
  /** Nearest first; null where the reference is statistics. */
  neighbours: neighbours.nullable(),
  notices: z.array(z.string()),
});
export type MeasuredSets = z.infer<typeof measuredSets>;

export const measureProgress = z.object({
  /** What is being computed, as a person reads it: `KID`, `Intervals of FID`. */
  what: z.string(),
  /** 0 to 1, of all. */
  part: z.number(),
});
export type MeasureProgress = z.infer<typeof measureProgress>;

/** Row i of `texts` is the caption of row i of `pictures`. */
const captioned = z.object({
  pictures: featureMatrix,
  texts: featureMatrix,
  /** The same captions with clip_paper's `captionPrefix` before them; null where it is not asked for. */
  prefixed: featureMatrix.nullable(),
  /** The caption's number: pictures of one caption are averaged before the interval is made. */
  captions: z.array(z.number().int().nonnegative()),
});
export const captionsRequest = captioned.extend({
  against: captioned.nullable(),
  metrics: z.array(z.string()),
});
export type CaptionsRequest = z.infer<typeof captionsRequest>;

export const measuredCaptions = z.object({
  metrics: z.record(z.string(), measured),
  /** Paired by captions; only where both runs have the same ones. */
  differences: z.record(z.string(), measuredDifference),
  /** 100 × cosine of each picture and its caption. */
  scores: z.array(z.number()),
  notices: z.array(z.string()),
});
export type MeasuredCaptions = z.infer<typeof measuredCaptions>;

export const featureMomentsRequest = z.object({
  features: featureMatrix,
  out: z.string(),
  overwrite: z.boolean(),
  /** JSON, kept beside the numbers. */
  meta: z.string(),
});
export type FeatureMomentsRequest = z.infer<typeof featureMomentsRequest>;

/** Calls of the engine. Long ones tell their progress and stop within a fraction of a second. */
export const measureCalls = {
  measureSets: { request: setsRequest, progress: measureProgress, reply: measuredSets },
  measureCaptions: { request: captionsRequest, reply: measuredCaptions },
  /** Mean and covariance (N − 1) of features, into pytorch-fid's `.npz` with `n` beside them. */
  featureMoments: {
    request: featureMomentsRequest,
    progress: measureProgress,
    reply: z.object({ n: z.number().int(), dimensions: z.number().int() }),
  },
  /** Of two `.npz`. */
  frechet: { request: z.object({ a: z.string(), b: z.string() }), progress: measureProgress, reply: z.number() },
} as const;
