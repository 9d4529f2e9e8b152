import { adapterFit, type AdapterFit } from '../contracts/adapters.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { json, text } from '../storage/rows.js';
import type { AdapterRow } from './adapter-rows.js';

/** Files that the worker matches in one call. */
const filesAtOnce = 32;
/** Answers that are kept; a model has as many as there are different kinds of files, mostly some dozens. */
const mostKept = 20_000;

interface FitParts {
  readonly database: Database;
  readonly worker: Worker;
  readonly onFound: () => void;
}

/** A model as it is on the disk now. */
export interface FitModel {
  readonly path: string;
  /** See model-key.ts. */
  readonly key: string;
}

/**
 * How files go with models. Files with the same layers (`signature`) fit the same models, so that one of them is asked
 * for all; answers are kept in the database while neither changes.
 */
export class AdapterFits {
  readonly #parts: FitParts;
  readonly #of: (model: string) => Map<string, AdapterFit>;
  readonly #keep: (model: string, signature: string, fit: AdapterFit) => void;
  /** Asked in this run and without an answer: the file cannot be read. */
  readonly #unknown = new Set<string>();
  #model: FitModel | null = null;
  /** Paths by signature, of the model that was asked last. */
  #wanted = new Map<string, string>();
  /** Being asked just now, as `unknown` has them. */
  #asking: ReadonlySet<string> = new Set();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(parts: FitParts) {
    this.#parts = parts;
    const { database } = parts;
    const all = database.prepare('SELECT signature, fit FROM adapter_fits WHERE model = ?');
    this.#of = (model) => new Map(all.all(model).map((row) => [text(row, 'signature'), json(row, 'fit', adapterFit)]));
    const put = database.prepare('INSERT OR REPLACE INTO adapter_fits (model, signature, fit) VALUES (?, ?, ?)');
    const prune = database.prepare(
      `DELETE FROM adapter_fits WHERE number <= (SELECT max(number) FROM adapter_fits) - ${mostKept}`,
    );
    this.#keep = (model, signature, fit) => {
      put.run(model, signature, JSON.stringify(fit));
      prune.run();
    };
  }

  /** The answers that are there, by signature. */
  known(model: FitModel): Map<string, AdapterFit> {
    return this.#of(model.key);
  }

  /** Find the missing answers in the background; a question for another model takes the place of this one. */
  ask(model: FitModel, rows: readonly AdapterRow[]): void {
    const known = this.known(model);
    const wanted = new Map<string, string>();
    for (const { missing, path, description } of rows) {
      const { signature, problem } = description;
      if (missing || problem !== null || known.has(signature)) continue;
      const asked = `${model.key} ${signature}`;
      if (!this.#unknown.has(asked) && !this.#asking.has(asked)) wanted.set(signature, path);
    }
    this.#model = model;
    this.#wanted = wanted;
    this.#running ??= this.#work().finally(() => (this.#running = null));
  }

  /** Resolves when nothing is left to ask. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #work(): Promise<void> {
    while (this.#wanted.size > 0 && this.#model !== null && !this.#closed) {
      const model = this.#model;
      const some = [...this.#wanted].slice(0, filesAtOnce);
      for (const [signature] of some) this.#wanted.delete(signature);
      this.#asking = new Set(some.map(([signature]) => `${model.key} ${signature}`));
      const request = { paths: some.map(([, path]) => path), modelPath: model.path };
      const fits = await this.#parts.worker.fitAdapters(request).catch(() => []);
      if (this.#closed) return;
      this.#parts.database.transaction(() => {
        for (const [index, [signature]] of some.entries()) {
          const fit = fits[index] ?? null;
          if (fit === null) this.#unknown.add(`${model.key} ${signature}`);
          else this.#keep(model.key, signature, fit);
        }
      });
      this.#asking = new Set();
      this.#parts.onFound();
    }
  }
}
