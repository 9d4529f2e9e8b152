import { z } from 'zod';

/** The contract between the supervisor's tests and their child. */
export const testCalls = {
  echo: { request: z.object({ text: z.string() }), reply: z.string() },
  bytes: { request: z.object({ bytes: z.instanceof(Uint8Array) }), reply: z.instanceof(Uint8Array) },
  count: { request: z.object({ to: z.number().int() }), progress: z.number(), reply: z.number() },
  /** Goes on until it is cancelled. */
  wait: { request: z.object({}), reply: z.object({}) },
  /** Blocks its thread, as a step of onnxruntime does. */
  block: { request: z.object({ ms: z.number() }), reply: z.object({}) },
  refuse: { request: z.object({}), reply: z.object({}) },
  fail: { request: z.object({}), reply: z.object({}) },
  lie: { request: z.object({}), reply: z.number() },
  die: { request: z.object({ how: z.enum(['exit', 'abort', 'throw']) }), reply: z.object({}) },
} as const;
