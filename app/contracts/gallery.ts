import { z } from 'zod';
import { usedAdapter } from './adapters.js';
import { generationSettings } from './generation.js';

/** What the grid needs of a picture: sizes before pixels, so that nothing moves when they come. */
export const pictureSummary = z.object({
  id: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  kept: z.boolean(),
  /** The first words of the prompt: the grid's accessible names. */
  title: z.string(),
  /** Its file is gone from the disk. */
  missing: z.boolean(),
  /** 100 × cosine of picture and prompt, by the CLIP that scores the gallery; null until it was asked for. */
  clipScore: z.number().nullable(),
});
export type PictureSummary = z.infer<typeof pictureSummary>;

/** The receipt of a picture: whatever is needed to make it again. Also written into the PNG as JSON. */
export const pictureReceipt = z.object({
  inkstone: z.string(),
  onnxruntime: z.string(),
  settings: generationSettings,
  model: z.object({ name: z.string(), family: z.string(), sha256: z.string().nullable() }),
  /** Those of the mixer first, then those of the prompt. */
  adapters: z.array(usedAdapter).default([]),
  device: z.string(),
  /** Where noise comes from: `cpu` = torch's CPU generator; `given` = latents from a file. */
  noise: z.enum(['cpu', 'given']),
  notices: z.array(z.string()),
  seconds: z.object({ load: z.number(), denoise: z.number(), decode: z.number(), total: z.number() }),
});
export type PictureReceipt = z.infer<typeof pictureReceipt>;

export const picture = pictureSummary.extend({
  /** Absolute path of the PNG. */
  path: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  bytes: z.number().int().nonnegative(),
  receipt: pictureReceipt,
  /** In the bin since (milliseconds since 1970); null outside it. */
  binnedAt: z.number().nullable(),
});
export type Picture = z.infer<typeof picture>;

export const galleryQuery = z.object({
  /** Words that the prompt, model, sampler, seed or adapters' names must hold; empty = all. */
  text: z.string(),
  kept: z.boolean(),
  /** The bin instead of the gallery. */
  bin: z.boolean(),
  /** By score: highest or lowest first, pictures without one last. */
  sort: z.enum(['newest', 'oldest', 'best-score', 'worst-score']),
});
export type GalleryQuery = z.infer<typeof galleryQuery>;
