import { z } from 'zod';
import { errorMessage } from './errors.js';

/** Envelopes between the supervisor and a child (engine or worker); bodies are validated by the call's own schema. */
export const toChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id: z.number().int(), call: z.string(), request: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: z.number().int() }),
  /** Leave, after the running step at the latest. */
  z.object({ type: z.literal('end') }),
]);
export type ToChild = z.infer<typeof toChild>;

export const fromChild = z.discriminatedUnion('type', [
  /** Sent once, when the child listens. */
  z.object({ type: z.literal('ready') }),
  /** Resident memory in bytes: every few seconds, when the child's thread is free. */
  z.object({ type: z.literal('memory'), resident: z.number().nonnegative() }),
  z.object({ type: z.literal('progress'), id: z.number().int(), progress: z.unknown() }),
  z.object({ type: z.literal('reply'), id: z.number().int(), reply: z.unknown() }),
  z.object({ type: z.literal('failed'), id: z.number().int(), error: errorMessage }),
]);
export type FromChild = z.infer<typeof fromChild>;

/** Request, progress and reply of one call, as `engineCalls` and `workerCalls` list them. */
export interface CallContract {
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  readonly progress?: z.ZodType;
}
export type CallTable<T> = { readonly [N in keyof T]: CallContract };
