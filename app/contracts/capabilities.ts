import { z } from 'zod';

/** What the engine can do, so that neither window nor command line imports a list of its own. */
export const choice = z.object({
  /** The command line's name, stored with every picture: `dpmpp_2m`. */
  id: z.string(),
  /** What a person reads, as A1111 spells it: `DPM++ 2M`. */
  label: z.string(),
});
export type Choice = z.infer<typeof choice>;

export const deviceId = z.enum(['cuda', 'dml', 'coreml', 'webgpu', 'cpu']);
export type DeviceId = z.infer<typeof deviceId>;

/** What a person can choose: a device, or the best that answers. */
export const deviceWish = z.enum(['auto', ...deviceId.options]);
export type DeviceWish = z.infer<typeof deviceWish>;

export const device = z.object({
  id: deviceId,
  /** The processor's or graphics card's own name. */
  name: z.string(),
  available: z.boolean(),
  /** Why it is not available, in one sentence; null when it is. */
  reason: z.string().nullable(),
  /** False where no machine at hand could run it: marked "unproven" wherever it can be chosen. */
  proven: z.boolean(),
  /** It works, but slower than the processor, as a software driver does: `auto` passes it over. */
  slow: z.boolean(),
});
export type Device = z.infer<typeof device>;

/** A metric as the lists of window and command line have it. */
export const metricFacts = z.object({
  /** The command line's name: `kid`. */
  id: z.string(),
  /** What a person reads: `KID`. */
  label: z.string(),
  /** Behind the label, where it needs one: `× 1000`, `variety`. */
  hint: z.string(),
  better: z.enum(['lower', 'higher']),
  /** What it is made of: two sets of pictures, or pictures with their captions. */
  needs: z.enum(['sets', 'captions']),
  /** Multiplies the value where it is shown to people (KID: 1000). */
  shownTimes: z.number(),
  /** Pictures a side (captions: pictures) below which it says little. */
  floor: z.number().int().positive(),
  /** What stands before each caption when its vector is made: `A photo depicts ` of clip_paper, else empty. */
  captionPrefix: z.string(),
  /** Computed unless told otherwise: what most people want, and nothing that takes minutes. */
  byDefault: z.boolean(),
  /** Who defined it: `Bińkowski and others 2018`. */
  paper: z.string(),
});
export type MetricFacts = z.infer<typeof metricFacts>;

export const capabilities = z.object({
  samplers: z.array(choice),
  schedules: z.array(choice),
  /** In the order in which they are offered. */
  metrics: z.array(metricFacts),
  versions: z.object({ inkstone: z.string(), onnxruntime: z.string() }),
});
export type Capabilities = z.infer<typeof capabilities>;
