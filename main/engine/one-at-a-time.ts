import { StudioError } from '../../app/contracts/studio-error.js';

let last: Promise<unknown> = Promise.resolve();

/**
 * Work on sessions goes one piece after the other: they share a thread, and nothing may be released under a run.
 * A piece that was cancelled while it waited never begins.
 */
export function oneAtATime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const mine = last.then(() => {
    if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
    return work();
  });
  last = mine.catch(() => undefined);
  return mine;
}
