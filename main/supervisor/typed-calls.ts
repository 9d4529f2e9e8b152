import type { z } from 'zod';
import type { CallContract, CallTable } from '../../app/contracts/child-process.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { SupervisedChild } from './supervised-child.js';

interface CallOptions<C extends CallContract> {
  readonly onProgress?: (progress: C extends { progress: z.ZodType } ? z.output<C['progress']> : never) => void;
  readonly signal?: AbortSignal;
}

type Caller<T extends CallTable<T>> = <N extends keyof T & string>(
  name: N,
  request: z.input<T[N]['request']>,
  options?: CallOptions<T[N]>,
) => Promise<z.output<T[N]['reply']>>;

/** Makes the calls of one contract on one child; whatever comes back is validated here, on the receiving side. */
export function typedCalls<T extends CallTable<T>>(child: SupervisedChild, contract: T): Caller<T> {
  const { name: childName, log } = child.config;
  return async (name, request, options = {}) => {
    const { reply, progress } = contract[name];
    const answer = await child.call({
      call: name,
      request,
      signal: options.signal ?? null,
      onProgress: (value) => {
        const parsed = progress?.safeParse(value);
        // A picture is worth more than one of its progress messages: it goes on.
        if (parsed?.success !== true) log(`${childName}: progress of ${name} does not fit its contract`);
        else options.onProgress?.(parsed.data as Parameters<NonNullable<typeof options.onProgress>>[0]);
      },
    });
    const parsed = reply.safeParse(answer);
    // Just checked against this very schema; the table's type cannot tell.
    if (parsed.success) return parsed.data as z.output<T[typeof name]['reply']>;
    throw new StudioError(
      'internal',
      `The ${childName} answered ${name} with something that does not fit its contract: ${parsed.error.issues[0]?.message ?? ''}.`,
      { cause: parsed.error },
    );
  };
}
