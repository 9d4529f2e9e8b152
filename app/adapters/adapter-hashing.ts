import type { WholeAdapter } from '../contracts/adapters.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import { ownIdentity, type AdapterRows, type UnhashedFile } from './adapter-rows.js';

/** A file whose hashing failed this often is left for the next start. */
const mostAttempts = 3;
/** What was read is kept this often, or when it is so many. */
const keepEveryMs = 500;
const mostKnown = 32;

interface HashingParts {
  readonly database: Database;
  readonly rows: AdapterRows;
  readonly worker: Worker;
  readonly onHashed: (id: string, hashes: WholeAdapter) => void;
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
  /** By id: read and not yet kept. */
  readonly #known = new Map<string, { readonly row: UnhashedFile; readonly hashes: WholeAdapter }>();
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

  #next(): UnhashedFile | null {
    if (this.#stop.signal.aborted) return null;
    const waiting = this.#parts.rows.unhashed(this.#failed.size + this.#absent.size + this.#known.size + 1);
    const mayBeRead = ({ id, identity }: UnhashedFile) =>
      !this.#known.has(id) && !this.#absent.has(identity) && (this.#failed.get(identity) ?? 0) < mostAttempts;
    return waiting.find(mayBeRead) ?? null;
  }

  async #work(): Promise<void> {
    let keptAt = performance.now();
    for (let row = this.#next(); row !== null; row = this.#next()) {
      const hashes = await this.#hash(row);
      if (hashes !== null) this.#known.set(row.id, { row, hashes });
      else if ((await fileIdentity(row.path)) === null) this.#absent.add(row.identity);
      else this.#failed.set(row.identity, (this.#failed.get(row.identity) ?? 0) + 1);
      if (performance.now() - keptAt < keepEveryMs && this.#known.size < mostKnown) continue;
      this.#keep();
      keptAt = performance.now();
    }
    this.#keep();
  }

  /** Small files are read by the hundred in a second: one commit for them, each waits for the disk. */
  #keep(): void {
    const { database, rows, onHashed } = this.#parts;
    const known = [...this.#known.values()];
    this.#known.clear();
    if (known.length === 0) return;
    const kept = database.transaction(() =>
      known.filter(({ row, hashes }) => rows.setHashes(row.id, ownIdentity(row.identity), hashes)),
    );
    for (const { row, hashes } of kept) onHashed(row.id, hashes);
  }

  /** Null when it could not be read, or changed meanwhile: a file that changed has hashes of neither form. */
  async #hash({ path, identity }: UnhashedFile): Promise<WholeAdapter | null> {
    try {
      const hashes = await this.#parts.worker.hashAdapter({ path }, () => undefined, this.#stop.signal);
      return (await fileIdentity(path)) === ownIdentity(identity) ? hashes : null;
    } catch {
      return null;
    }
  }
}
