import { config } from 'zod';
import { errorFromMessage, errorMessageOf, StudioError } from '../app/contracts/studio-error.js';
import { answer, events, requests } from '../app/contracts/window.js';
import type { EventName, EventOf, ReplyOf, RequestName, RequestOf, WindowBridge } from '../app/contracts/window.js';

/** The only door out of the window: requests and events, validated on arrival with the contracts' own schemas. */

declare global {
  interface Window {
    readonly inkstone?: WindowBridge;
  }
}

// The window's content policy forbids `eval`; the schema library would try `new Function` and be reported for it.
config({ jitless: true });

/** Whatever was thrown, as an error with a kind: a panel picks its button by it. */
export const asStudioError = (error: unknown): StudioError =>
  error instanceof StudioError ? error : errorFromMessage(errorMessageOf(error));

function door(): WindowBridge {
  if (!window.inkstone) throw new StudioError('internal', 'This window was opened outside the studio. Start it again.');
  return window.inkstone;
}

/** Ask main and wait for its validated answer; rejects with a `StudioError`. */
export async function ask<N extends RequestName>(name: N, payload: RequestOf<N>): Promise<ReplyOf<N>> {
  const raw = await door().request(name, payload);
  const envelope = answer.safeParse(raw);
  if (!envelope.success) throw new StudioError('internal', `The answer to “${name}” could not be read.`);
  if (!envelope.data.ok) throw errorFromMessage(envelope.data.error);
  const reply = requests[name].reply.safeParse(envelope.data.value);
  if (!reply.success) throw new StudioError('internal', `The answer to “${name}” was not as agreed.`);
  return reply.data as ReplyOf<N>;
}

export type EventHandlers = { readonly [N in EventName]: (payload: EventOf<N>) => void };

/** Hear every event of main; an event that does not fit its schema is dropped and named in the log. */
export function listen(handlers: EventHandlers): () => void {
  return door().subscribe((name, payload) => {
    if (!Object.hasOwn(events, name)) return;
    deliver(name as EventName, payload, handlers);
  });
}

function deliver<N extends EventName>(name: N, payload: unknown, handlers: EventHandlers): void {
  const event = events[name].safeParse(payload);
  if (event.success) handlers[name](event.data as EventOf<N>);
  else console.error(`The event “${name}” was not as agreed.`, event.error.issues[0]);
}

/** Path of a dropped or pasted file; empty when it has none on disk. */
export const pathOf = (file: File): string => door().pathOf(file);
