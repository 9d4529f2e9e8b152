import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Library } from './library.js';

/** A file whose hashing failed this often is left for the next start. */
const mostAttempts = 3;

/**
 * Hashes, in the worker and one after the other, the models whose hash is not known. What is still to do is what has no
 * hash in the database, so it goes on after a restart by itself.
 */
export class ModelHashing {
  readonly #library: Library;
  readonly #worker: Worker;
  readonly #onHashed: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #attempts = new Map<string, number>();
  #running: Promise<void> | null = null;
  #again = false;

  constructor(library: Library, worker: Worker, onHashed: () => Promise<void>) {
    this.#library = library;
    this.#worker = worker;
    this.#onHashed = onHashed;
  }

  /** Call it after anything that may have brought a model without a hash. */
  start(): void {
    if (this.#stop.signal.aborted) return;
    this.#again = true;
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
      if (this.#again) this.start();
    });
  }

  /** Resolves when nothing is left to hash. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      for (const { id, file, identity } of await this.#library.unhashed()) {
        const key = `${file}=${identity}`;
        const attempt = (this.#attempts.get(key) ?? 0) + 1;
        if (this.#stop.signal.aborted) return;
        if (attempt > mostAttempts) continue;
        this.#attempts.set(key, attempt);
        try {
          const sha256 = await this.#worker.hashFile({ path: file }, () => undefined, this.#stop.signal);
          // A file that changed while it was read has a hash of neither form.
          const unchanged = (await fileIdentity(file)) === identity;
          if (unchanged && this.#library.setHash(id, identity, sha256)) await this.#onHashed();
        } catch {
          this.#again = true;
        }
      }
    }
  }
}
