import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdapterShelf } from '../../app/adapters/adapter-shelf.js';
import type { AdapterFileUse, AdapterReceipt } from '../../app/contracts/adapters.js';
import type { Engine } from '../../app/contracts/engine.js';
import type { Worker } from '../../app/contracts/worker.js';
import { Library } from '../../app/library/library.js';
import { openDatabase, type Database } from '../../app/storage/database.js';
import { homeAt, makeHome, resolveHome, type Home } from '../../app/storage/home.js';
import { memory as memoryOf, type Memory } from '../../app/storage/memory.js';
import { deviceMemoryIn } from '../supervisor/device-memory.js';
import { startEngineProcess, type EngineProcess } from '../supervisor/engine-process.js';
import { forkHost } from '../supervisor/fork-host.js';
import { startWorkerProcess, type WorkerProcess } from '../supervisor/worker-process.js';
import type { ProgressLine } from './progress-line.js';

/** Files beside this one in the built tree. */
const besideUs = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const engineEntry = besideUs('./engine.js');
const workerEntry = besideUs('./worker.js');
/** Models that ship with the studio. */
export const embeddedModels = besideUs('../../native-models/embedded');

/**
 * What one call of the command line may use: the same engine, worker and library as the window's. Each is started
 * when a verb first asks for it.
 */
export class Session {
  readonly home: Home;
  /** The studio's own, for receipts. */
  readonly version = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
  #engine: EngineProcess | null = null;
  #worker: WorkerProcess | null = null;
  #database: Database | null = null;
  #library: Promise<Library> | null = null;
  #shelf: AdapterShelf | null = null;

  constructor(
    options: { home: string | undefined },
    readonly progress: ProgressLine,
    /** Aborted by Ctrl-C. */
    readonly signal: AbortSignal,
  ) {
    const wish = { flag: options.home, env: process.env, platform: process.platform, userHome: homedir() };
    this.home = homeAt(resolveHome(wish));
  }

  get engine(): Engine {
    this.#engine ??= startEngineProcess({
      host: forkHost,
      entry: engineEntry,
      deviceMemory: deviceMemoryIn(this.home.root),
    });
    return this.#engine.engine;
  }

  /** Null while no engine runs. */
  get enginePid(): number | null {
    return this.#engine?.child.status().pid ?? null;
  }

  get worker(): Worker {
    this.#worker ??= startWorkerProcess({ host: forkHost, entry: workerEntry });
    return this.#worker.worker;
  }

  /** What is remembered between calls. */
  async memory(): Promise<Memory> {
    await this.library(); // opens the database
    return memoryOf(this.#database!);
  }

  library(): Promise<Library> {
    this.#library ??= this.#openLibrary();
    return this.#library;
  }

  /** Where the weights of `M` lie. A path needs no library, and may be a component's own folder. */
  async modelPath(wish: string): Promise<string> {
    const path = resolve(wish);
    return existsSync(path) ? path : (await (await this.library()).resolve(wish)).path;
  }

  /** What `<lora:NAME:1>` in a prompt names; the window's own shelf, read beside it. */
  readonly shelf = {
    find: async (name: string) => {
      await this.library(); // opens the database
      this.#shelf ??= new AdapterShelf({
        database: this.#database!,
        home: this.home,
        worker: this.worker,
        embeddedModels,
        onChanged: () => undefined,
      });
      return this.#shelf.find(name);
    },
  };

  /** Of each file, in order; refuses what is no adapter. */
  async adapterReceipts(adapters: readonly AdapterFileUse[], modelPath: string): Promise<AdapterReceipt[]> {
    const receipts: AdapterReceipt[] = [];
    for (const { file } of adapters) {
      receipts.push(await this.worker.inspectAdapter({ path: file, modelPath }, this.signal));
    }
    return receipts;
  }

  async #openLibrary(): Promise<Library> {
    await makeHome(this.home);
    const opened = await openDatabase(this.home.database);
    if (opened.setAside !== null) {
      this.progress.say(`The library was damaged: it was put aside as ${opened.setAside} and begun anew.`);
    }
    this.#database = opened.database;
    return new Library({ database: opened.database, home: this.home, worker: this.worker, embeddedModels });
  }

  async close(): Promise<void> {
    await this.#shelf?.close();
    await Promise.all([this.#engine?.close(), this.#worker?.close()]);
    this.#database?.close();
  }
}
