import type { z } from 'zod';
import { toChild, type CallContract, type CallTable, type FromChild } from '../../../app/contracts/child-process.js';
import { errorMessageOf, StudioError } from '../../../app/contracts/studio-error.js';
import { openParentPort } from './parent-port.js';

export interface CallContext<C extends CallContract = CallContract> {
  /** Aborted when the caller cancels: stop at the next good place with an error of kind `cancelled`. */
  readonly signal: AbortSignal;
  progress(value: C extends { progress: z.ZodType } ? z.input<C['progress']> : never): void;
}

/** One async function a call of the contract. */
export type CallHandlers<T extends CallTable<T>> = {
  readonly [N in keyof T]: (
    request: z.output<T[N]['request']>,
    context: CallContext<T[N]>,
  ) => Promise<z.input<T[N]['reply']>>;
};

/**
 * The child's half of the supervisor: answers the calls of a contract until the parent says `end` or is gone.
 * Requests are validated here; what a handler throws goes back as a message.
 */
export function serveCalls<T extends CallTable<T>>(contract: T, handlers: CallHandlers<T>): void {
  const port = openParentPort();
  const running = new Map<number, AbortController>();
  const post = (message: FromChild) => port.post(message);

  const answer = async (id: number, name: string, request: unknown, signal: AbortSignal) => {
    if (!isCallOf(contract, name)) throw new StudioError('internal', `There is no call named ${name} in this process.`);
    const parsed = contract[name].request.safeParse(request);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new StudioError(
        'internal',
        `The request of ${name} does not fit: ${issue?.path.join('.')}: ${issue?.message}.`,
      );
    }
    // The schema of this very name has just said so; the table's type cannot tell.
    const value = parsed.data as Parameters<(typeof handlers)[typeof name]>[0];
    return handlers[name](value, { signal, progress: (progress) => post({ type: 'progress', id, progress }) });
  };

  port.onMessage((raw) => {
    const parsed = toChild.safeParse(raw);
    if (!parsed.success) {
      console.error(`message not understood: ${parsed.error.message}`);
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'call': {
        const controller = new AbortController();
        running.set(message.id, controller);
        answer(message.id, message.call, message.request, controller.signal)
          .then(
            (reply) => post({ type: 'reply', id: message.id, reply }),
            (error: unknown) => post({ type: 'failed', id: message.id, error: errorMessageOf(error) }),
          )
          .finally(() => running.delete(message.id));
        return;
      }
      case 'cancel':
        running.get(message.id)?.abort();
        return;
      case 'end':
        process.exit(0);
    }
  });
  port.onGone(() => process.exit(0));
  // Ctrl+C in a terminal reaches the whole group; the parent decides what it means.
  process.on('SIGINT', () => undefined);
  const reportMemory = () => post({ type: 'memory', resident: process.memoryUsage.rss() });
  setInterval(reportMemory, memoryReportMs).unref();
  post({ type: 'ready' });
  reportMemory();
}

/** Often enough for a status bar. */
const memoryReportMs = 5_000;

function isCallOf<T extends CallTable<T>>(contract: T, name: string): name is keyof T & string {
  return Object.hasOwn(contract, name);
}
