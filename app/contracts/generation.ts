import { z } from 'zod';
import { adapterUse } from './adapters.js';
import { errorMessage } from './errors.js';

/** Everything that decides one picture, but for its seed's offset. */
export const generationSettings = z.object({
  /** Library id. */
  model: z.string(),
  /** As it was typed: `<lora:NAME:WEIGHT>` tags are still in it (`adapter-tags.ts`). */
  prompt: z.string(),
  negative: z.string(),
  steps: z.number().int().min(1).max(1000),
  /** Guidance scale; 1 or less means no guidance (one network call a step instead of a pair). */
  cfg: z.number().min(0).max(100),
  sampler: z.string(),
  schedule: z.string(),
  /** Of the first picture; picture k of a job uses seed + k. Torch's CPU generator. */
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Pixels. The engine rounds to the model's multiple and says so. */
  width: z.number().int().min(1).max(8192),
  height: z.number().int().min(1).max(8192),
  /** 1 = the last layer of the text encoder, 2 = one before it. */
  clipSkip: z.number().int().min(1).max(24),
  /** From the mixer; those that the prompt names come on top. Pictures of older versions have none. */
  adapters: z.array(adapterUse).max(64).default([]),
});
export type GenerationSettings = z.infer<typeof generationSettings>;

export const jobState = z.enum(['waiting', 'running', 'stopped', 'failed', 'done']);

/**
 * A wish for `count` pictures. On disk before it is acknowledged; after a crash it is still there and goes on
 * from its last step.
 */
export const job = z.object({
  id: z.string(),
  state: jobState,
  settings: generationSettings,
  count: z.number().int().min(1).max(1000),
  /** Pictures finished so far, in order (gallery ids). */
  pictures: z.array(z.string()),
  /** Steps of the current picture that its checkpoint holds; 0 before the first. */
  step: z.number().int().nonnegative(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  /** What was changed or left out of the request, one sentence each ("Size set to 512 × 640 ..."). */
  notices: z.array(z.string()),
  error: errorMessage.nullable(),
});
export type Job = z.infer<typeof job>;

export const preview = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Row-major RGB, 3 bytes a pixel, at latent size: the window scales it up. */
  rgb: z.instanceof(Uint8Array),
});
export type Preview = z.infer<typeof preview>;

/** Where the running picture is; sent at every step. */
export const jobProgress = z.object({
  jobId: z.string(),
  /** Which picture of the job, from 0. */
  picture: z.number().int().nonnegative(),
  phase: z.enum(['loading', 'denoising', 'decoding', 'saving']),
  /** Steps done. */
  step: z.number().int().nonnegative(),
  steps: z.number().int().positive(),
  /** Rounded size, in pixels: the stage keeps its box from the first event on. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Until this picture is done, from the steps measured so far; null before the second step. */
  secondsLeft: z.number().nonnegative().nullable(),
  preview: preview.nullable(),
});
export type JobProgress = z.infer<typeof jobProgress>;

export const queue = z.object({
  /** Running first, then waiting in order, then stopped and failed ones. Done jobs leave the queue. */
  jobs: z.array(job),
  /** Seconds until the queue is empty, from measured steps; null where nothing was measured yet. */
  secondsLeft: z.number().nonnegative().nullable(),
});
export type Queue = z.infer<typeof queue>;

export const tokenCount = z.object({
  /** Tokens of the prompt, without begin and end marks. */
  tokens: z.number().int().nonnegative(),
  /** How many the model reads; the rest is left out. */
  limit: z.number().int().positive(),
});
export type TokenCount = z.infer<typeof tokenCount>;
