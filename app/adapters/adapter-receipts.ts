import { createHash } from 'node:crypto';
import { adapterReceipt, type AdapterReceipt } from '../contracts/adapters.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import { json } from '../storage/rows.js';
import { modelKey } from './model-key.js';

/** Receipts that are kept: those of large files with hundreds of layers take some hundred kilobytes each. */
const mostKept = 300;

interface ReceiptParts {
  readonly database: Database;
  readonly worker: Worker;
  /** A whole file was read: its hashes are known. */
  readonly onRead: (receipt: AdapterReceipt, own: string) => void;
}

interface Reading {
  readonly receipt: Promise<AdapterReceipt>;
  readonly stop: AbortController;
  /** Who waits for it: the last one that goes stops the reading. */
  waiting: number;
}

/** Receipts of adapters, made by the worker from the whole file and kept while neither file nor model changes. */
export class AdapterReceipts {
  readonly #parts: ReceiptParts;
  readonly #get;
  readonly #put;
  readonly #prune;
  readonly #reading = new Map<string, Reading>();

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
    this.#get = parts.database.prepare('SELECT receipt FROM adapter_receipts WHERE key = ?');
    this.#put = parts.database.prepare('INSERT OR REPLACE INTO adapter_receipts (key, receipt) VALUES (?, ?)');
    this.#prune = parts.database.prepare(
      `DELETE FROM adapter_receipts WHERE number <= (SELECT max(number) FROM adapter_receipts) - ${mostKept}`,
    );
  }

  /**
   * `beside` stands for the files beside it (its trigger words may come from there). Aborting `signal` gives this wait
   * up, and the reading too when nobody else waits for it.
   */
  async get(
    adapter: { readonly path: string; readonly name: string; readonly beside: string },
    modelPath: string | null,
    signal?: AbortSignal,
  ): Promise<AdapterReceipt> {
    const { path, name, beside } = adapter;
    const own = await fileIdentity(path);
    if (own === null) {
      throw new StudioError('missing-file', `${name} is gone: there is nothing at ${path} any more.`, { file: path });
    }
    const model = modelPath === null ? '' : await modelKey(modelPath);
    const from = JSON.stringify([own, beside, model]);
    const key = createHash('sha256').update(from).digest('hex').slice(0, 32);
    const kept = this.#get.get(key);
    if (kept !== undefined) return { ...json(kept, 'receipt', adapterReceipt), file: path };
    const running = this.#reading.get(key);
    const reading = running?.stop.signal.aborted === false ? running : this.#read(path, modelPath, own, key);
    return { ...(await waitFor(reading, signal)), file: path };
  }

  #read(path: string, modelPath: string | null, own: string, key: string): Reading {
    const stop = new AbortController();
    const inspect = async () => {
      try {
        const receipt = await this.#parts.worker.inspectAdapter({ path, modelPath }, stop.signal);
        // Of a file that changed while it was read, nothing is kept.
        if ((await fileIdentity(path)) === own) {
          this.#put.run(key, JSON.stringify(receipt));
          this.#prune.run();
          this.#parts.onRead(receipt, own);
        }
        return receipt;
      } finally {
        if (this.#reading.get(key) === reading) this.#reading.delete(key);
      }
    };
    const reading: Reading = { receipt: Promise.resolve().then(inspect), stop, waiting: 0 };
    this.#reading.set(key, reading);
    return reading;
  }

  /** Stops what is being read, and waits for it. */
  async close(): Promise<void> {
    const readings = [...this.#reading.values()];
    for (const { stop } of readings) stop.abort();
    await Promise.allSettled(readings.map(({ receipt }) => receipt));
  }
}

async function waitFor(reading: Reading, signal: AbortSignal | undefined): Promise<AdapterReceipt> {
  reading.waiting += 1;
  const givenUp = new Promise<never>((_resolve, reject) => {
    const stopped = () => reject(new StudioError('cancelled', 'Another receipt was asked for meanwhile.'));
    if (signal?.aborted) stopped();
    else signal?.addEventListener('abort', stopped, { once: true });
  });
  try {
    return await Promise.race([reading.receipt, givenUp]);
  } finally {
    reading.waiting -= 1;
    if (reading.waiting === 0) reading.stop.abort();
  }
}
