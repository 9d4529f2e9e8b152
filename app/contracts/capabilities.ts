import { z } from 'zod';
import { metricFacts } from './measures.js';

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

export const capabilities = z.object({
  samplers: z.array(choice),
  schedules: z.array(choice),
  /** In the order in which they are offered. */
  metrics: z.array(metricFacts),
  versions: z.object({ inkstone: z.string(), onnxruntime: z.string() }),
});
export type Capabilities = z.infer<typeof capabilities>;
