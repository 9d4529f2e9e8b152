import { z } from 'zod';
import { errorMessage } from './errors.js';
import { pictureMode, skippedFile } from './features.js';
import { featureMap, measured, measuredDifference } from './measures.js';

/** Runs of the Evaluate panel: what is asked, how far it is, what came out. */

export const pictureSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), path: z.string() }),
  /** Pictures of the gallery, by id. */
  z.object({ kind: z.literal('gallery'), ids: z.array(z.string()).min(1).max(100_000) }),
]);
export type PictureSource = z.infer<typeof pictureSource>;

export const referenceSource = z.discriminatedUnion('kind', [
  ...pictureSource.options,
  /** A `.npz` as pytorch-fid writes it. */
  z.object({ kind: z.literal('statistics'), path: z.string() }),
]);
export type ReferenceSource = z.infer<typeof referenceSource>;

export const evaluationSettings = z.object({
  generated: pictureSource,
  reference: referenceSource.nullable(),
  /** JSON lines or text; null: each PNG's own `parameters`. */
  prompts: z.string().nullable(),
  mode: pictureMode,
  /** Library id or path of the FID Inception; null: the embedded CLIP serves, and nothing can be compared with papers. */
  inception: z.string().nullable(),
  /** Library id or path of the CLIP that scores captions; null: the embedded one. */
  clip: z.string().nullable(),
  metrics: z.array(z.string()).min(1),
  seed: z.number().int().nonnegative(),
  /** Another run, done before, to tell the difference from. */
  against: z.string().nullable(),
});
export type EvaluationSettings = z.infer<typeof evaluationSettings>;

export const usedNetwork = z.object({
  label: z.string(),
  sha256: z.string(),
  /** Dimensions of its vectors. */
  dimensions: z.number().int(),
  /** False for the embedded network: its numbers stand for themselves and cannot be set beside published ones. */
  comparable: z.boolean(),
  /** Whether the hash in the file's name, the only published one, is the file's. */
  checked: z.enum(['verified', 'not verified', 'does not match']),
});
export type UsedNetwork = z.infer<typeof usedNetwork>;

export const evaluatedSet = z.object({
  /** What a person reads: the folder's name. */
  label: z.string(),
  /** Pictures that went in. */
  count: z.number().int().nonnegative(),
  skipped: z.array(skippedFile),
  /** Pictures whose content another one of the same set has too; they count. */
  duplicates: z.number().int().nonnegative(),
  /** What was done to pictures that one may not expect, and to how many: `transparency dropped` 12. */
  notes: z.array(z.object({ note: z.string(), count: z.number().int().positive() })),
});
export type EvaluatedSet = z.infer<typeof evaluatedSet>;

/** A picture of a result; `evaluatedPictureUrl` shows it. */
export const shownPicture = z.object({
  set: z.enum(['generated', 'reference']),
  /** Its place in the set. */
  index: z.number().int().nonnegative(),
  name: z.string(),
});
export type ShownPicture = z.infer<typeof shownPicture>;

export const metricResult = measured.extend({
  /** The id under which JSON has it: `fid`, or `fd_embedded` on the embedded network. */
  id: z.string(),
  /** The metric asked for. */
  metric: z.string(),
  label: z.string(),
  hint: z.string(),
  better: z.enum(['lower', 'higher']),
  shownTimes: z.number(),
  floor: z.number().int().positive(),
  /** Fewer pictures than that: not to be shown first, nor quoted. */
  belowFloor: z.boolean(),
  comparable: z.boolean(),
  /** The line to paste into a paper: metric, network, resizing, sizes. */
  protocol: z.string(),
  /** The other run's value, and the difference. */
  against: z.object({ value: z.number(), difference: measuredDifference.nullable() }).nullable(),
});
export type MetricResult = z.infer<typeof metricResult>;

export const captionScore = z.object({ picture: shownPicture, prompt: z.string(), score: z.number() });

export const evaluationResult = z.object({
  generated: evaluatedSet,
  reference: evaluatedSet.nullable(),
  /** Network of the metrics on sets, and of those on captions; null where none was asked for. */
  features: usedNetwork.nullable(),
  captions: usedNetwork.nullable(),
  mode: pictureMode,
  /** In the order in which they are to be shown: what carries at this size first. */
  metrics: z.array(metricResult),
  /** One plain sentence: what the numbers say. */
  verdict: z.string(),
  /** What they cannot carry, and why. */
  warnings: z.array(z.string()),
  map: featureMap.nullable(),
  /** Most alike and least alike generated pictures with their nearest reference one; at most 12 each. */
  nearest: z.array(z.object({ picture: shownPicture, reference: shownPicture, distance: z.number() })),
  farthest: z.array(z.object({ picture: shownPicture, reference: shownPicture, distance: z.number() })),
  /** CLIP scores of all captioned pictures, and those of the other run. */
  scores: z.array(z.number()),
  againstScores: z.array(z.number()),
  /** At most 12 each. */
  best: z.array(captionScore),
  worst: z.array(captionScore),
  notices: z.array(z.string()),
  device: z.string(),
  versions: z.object({ inkstone: z.string(), onnxruntime: z.string() }),
  /** How long its parts took; vectors that were known already cost nothing. */
  seconds: z.object({ features: z.number(), measures: z.number(), total: z.number() }),
  /** Pictures whose vectors had to be computed. */
  computed: z.number().int().nonnegative(),
});
export type EvaluationResult = z.infer<typeof evaluationResult>;

export const evaluationPhase = z.enum(['listing', 'features', 'captions', 'measures']);

export const evaluationProgress = z.object({
  id: z.string(),
  phase: evaluationPhase,
  /** `Features of run-12`, `Intervals of FID`. */
  what: z.string(),
  /** Pictures (features, captions), else the part of 1. */
  done: z.number(),
  of: z.number(),
  /** Until the end of everything; null until it can be told. */
  secondsLeft: z.number().nonnegative().nullable(),
});
export type EvaluationProgress = z.infer<typeof evaluationProgress>;

export const evaluationState = z.enum(['waiting', 'running', 'stopped', 'failed', 'done']);

export const evaluationRun = z.object({
  id: z.string(),
  /** `run-12`: the generated folder's name, numbered where there are several. */
  name: z.string(),
  state: evaluationState,
  settings: evaluationSettings,
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
  error: errorMessage.nullable(),
  /** The verdict, once done. */
  verdict: z.string().nullable(),
});
export type EvaluationRun = z.infer<typeof evaluationRun>;

/** What a source holds, before anything runs. */
export const sourceLook = z.object({
  label: z.string(),
  /** Null for statistics. */
  count: z.number().int().nonnegative().nullable(),
  /** Dimensions of statistics. */
  dimensions: z.number().int().nullable(),
  skipped: z.array(skippedFile),
  /** PNGs among its first pictures that carry their prompt: captions need no file. */
  carriesPrompts: z.boolean(),
  notices: z.array(z.string()),
  /** For `sourcePictureUrl`: this look, and how many first pictures can be shown (at most 4). */
  token: z.string(),
  shown: z.number().int().nonnegative(),
});
export type SourceLook = z.infer<typeof sourceLook>;
