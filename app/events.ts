import type { EventName, EventOf, Notice } from './contracts/window.js';

type Listener = <N extends EventName>(name: N, payload: EventOf<N>) => void;

/**
 * Everything that the studio tells by itself. Notices are held back until the first window said hello: what happened
 * while it was opening (a database set aside) must be read by someone.
 */
export class Events {
  readonly #listeners = new Set<Listener>();
  #heldNotices: Notice[] | null = [];

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit<N extends EventName>(name: N, payload: EventOf<N>): void {
    for (const listener of this.#listeners) {
      try {
        listener(name, payload);
      } catch (error) {
        // A window that is just going away must not fail the picture that has something to tell it.
        console.error(`A listener of ${name} failed:`, error);
      }
    }
  }

  notify(notice: Notice): void {
    if (this.#heldNotices === null) this.emit('notice', notice);
    else this.#heldNotices.push(notice);
  }

  releaseNotices(): void {
    const held = this.#heldNotices ?? [];
    this.#heldNotices = null;
    for (const notice of held) this.emit('notice', notice);
  }
}
