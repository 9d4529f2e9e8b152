import type { AdapterHashes } from '../contracts/adapters.js';
import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';
import { ownIdentity, type AdapterRow, type AdapterRows } from './adapter-rows.js';

/** A file whose hashing failed this often is left for the next start. */
const mostAttempts = 3;

interface HashingParts {
  readonly rows: AdapterRows;
  readonly worker: Worker;
  readonly onHashed: (row: AdapterRow, hashes: AdapterHashes) => void;
}

/**
 * Reads, in the worker and one after the other, the files whose hashes are not known, the last used first. Once a file:
 * the hashes stay while size, time and inode do, and what is still to do is what has none.
 */
export class AdapterHashing {
  readonly #parts: HashingParts;
  readonly #stop = new AbortController();
  /** By file identity: how often it failed. */
  readonly #failed = new Map<string, number>();
  /** By file identity: it was not there; looked for again at the next `start`. */
  readonly #absent = new Set<string>();
  #running: Promise<void> | null = null;

  constructor(parts: HashingParts) {
    this.#parts = parts;
  }

  /** Call it after anything that may have brought a file without hashes. */
  start(): void {
    if (this.#stop.signal.aborted) return;
    this.#absent.clear();
    this.#goOn();
  }

  #goOn(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
      if (this.#next() !== null) this.#goOn();
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

  #next(): AdapterRow | null {
    if (this.#stop.signal.aborted) return null;
    const waiting = this.#parts.rows.unhashed(this.#failed.size + this.#absent.size + 1);
    const mayBeRead = ({ identity }: AdapterRow) =>
      !this.#absent.has(identity) && (this.#failed.get(identity) ?? 0) < mostAttempts;
    return waiting.find(mayBeRead) ?? null;
  }

  async #work(): Promise<void> {
    for (let row = this.#next(); row !== null; row = this.#next()) {
      const hashes = await this.#hash(row);
      if (hashes === null && (await fileIdentity(row.path)) === null) this.#absent.add(row.identity);
      else if (hashes === null) this.#failed.set(row.identity, (this.#failed.get(row.identity) ?? 0) + 1);
      else this.#parts.onHashed(row, hashes);
    }
  }

  /** Null when it could not be read, or changed meanwhile: a file that changed has hashes of neither form. */
  async #hash({ id, path, identity }: AdapterRow): Promise<AdapterHashes | null> {
    const { rows, worker } = this.#parts;
    const own = ownIdentity(identity);
    try {
      const hashes = await worker.hashAdapter({ path }, () => undefined, this.#stop.signal);
      return (await fileIdentity(path)) === own && rows.setHashes(id, own, hashes) ? hashes : null;
    } catch {
      return null;
    }
  }
}
