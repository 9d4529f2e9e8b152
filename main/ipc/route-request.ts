import { requests, type Answer, type ReplyOf, type RequestName } from '../../app/contracts/window.js';
import { errorMessageOf, StudioError } from '../../app/contracts/studio-error.js';
import type { z } from 'zod';

/** One async function a request of the window, given the validated payload. */
export type WindowHandlers = {
  readonly [N in RequestName]: (payload: z.output<(typeof requests)[N]['request']>) => Promise<ReplyInput<N>>;
};
type ReplyInput<N extends RequestName> = z.input<(typeof requests)[N]['reply']> | ReplyOf<N>;

/**
 * Answers one request of the window: the name must be known and the payload must fit its schema. Never rejects:
 * what goes wrong is part of the answer. `handlers` may still be on their way when the window already asks.
 */
export async function routeRequest(
  handlers: Promise<WindowHandlers>,
  name: unknown,
  payload: unknown,
  log: (line: string) => void,
): Promise<Answer> {
  try {
    if (!isRequestName(name))
      throw new StudioError('internal', `The window asked for ${describe(name)}, which does not exist.`);
    return { ok: true, value: await handle(await handlers, name, payload) };
  } catch (error) {
    const { stack, ...message } = errorMessageOf(error);
    if (message.kind === 'internal') log(`request ${describe(name)}: ${stack ?? message.message}`);
    return { ok: false, error: message };
  }
}

function handle<N extends RequestName>(handlers: WindowHandlers, name: N, payload: unknown): Promise<unknown> {
  const parsed = requests[name].request.safeParse(payload);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw new StudioError(
      'bad-input',
      `The request ${name} does not fit: ${place}${issue?.message ?? 'unknown reason'}.`,
    );
  }
  // The schema of this very name has just said so; the table's type cannot tell.
  const handler = handlers[name] as (payload: unknown) => Promise<unknown>;
  return handler(parsed.data);
}

function isRequestName(name: unknown): name is RequestName {
  return typeof name === 'string' && Object.hasOwn(requests, name);
}

const describe = (name: unknown): string => (typeof name === 'string' ? name.slice(0, 80) : typeof name);
