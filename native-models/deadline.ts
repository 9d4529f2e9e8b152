/**
 * Code of strangers under a deadline: chat templates and the patterns of tokenizers may loop for ever, and a loop in
 * this thread hears no signal. V8 can break off what it runs; `node:vm` is the door to that, and it stops regular
 * expressions and functions from outside the context as well.
 */
import { createContext, Script } from 'node:vm';
import { ModelError } from './errors.js';

const context = createContext(Object.create(null) as object) as { work?: () => unknown };
const script = new Script('work()');

/**
 * What `work` returns. It must be synchronous, and what it changes may be left half done when it is broken off.
 *
 * @param milliseconds After these it is broken off.
 * @param sentence What the error of kind `unfit-model` then says.
 */
export function withDeadline<T>(milliseconds: number, sentence: string, work: () => T): T {
  // A call within a call: the outer one's work is put back.
  const outer = context.work;
  context.work = work;
  try {
    return script.runInContext(context, { timeout: milliseconds }) as T;
  } catch (cause) {
    if (!isTimeout(cause)) throw cause;
    throw new ModelError('unfit-model', sentence, { cause });
  } finally {
    if (outer === undefined) delete context.work;
    else context.work = outer;
  }
}

/** The error is made in the context and is no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
