import { watch, type FSWatcher } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface WatchTimings {
  /** A change is told when nothing more happened for this long. */
  readonly quietMs: number;
  /** Or after this long, while it goes on. */
  readonly atLatestMs: number;
  /** How often a folder that cannot be watched is looked at. */
  readonly pollMs: number;
}

const usualTimings: WatchTimings = { quietMs: 500, atLatestMs: 5000, pollMs: 30_000 };

/** Beyond this the system's watches (8192 a user on many Linux systems) are better left to others. */
const mostFolders = 1000;

/** Adapters, what describes and pictures them. */
const endings = /^\.(safetensors|info|json|png|jpe?g|webp)$/i;

/**
 * Tells that something in a folder or below it changed. macOS and Windows watch a whole tree; on Linux Node would put a
 * watch on every single file and read all of them at once on this thread, so here each folder has one. A folder that
 * cannot be watched (network shares, the system's limit, unplugged) is told as changed now and then instead.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #onChange: () => void;
  readonly #timings: WatchTimings;
  readonly #watchers = new Map<string, FSWatcher>();
  #poll: NodeJS.Timeout | null = null;
  #quiet: NodeJS.Timeout | null = null;
  #latest: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(folder: string, onChange: () => void, timings: Partial<WatchTimings> = {}) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.#timings = { ...usualTimings, ...timings };
  }

  /** Watch what is there now: called first, and again after each change, for folders that came and went. */
  async renew(): Promise<void> {
    try {
      const folders = process.platform === 'linux' ? await foldersBelow(this.#folder) : [this.#folder];
      if (this.#closed) return;
      for (const path of this.#watchers.keys()) if (!folders.includes(path)) this.#drop(path);
      for (const path of folders) if (!this.#watchers.has(path)) this.#watch(path);
      this.#stopPolling();
    } catch {
      this.#startPolling();
    }
  }

  close(): void {
    this.#closed = true;
    this.#stopPolling();
    this.#settle();
    for (const path of this.#watchers.keys()) this.#drop(path);
  }

  #watch(path: string): void {
    const options = { recursive: process.platform !== 'linux', persistent: false };
    const watcher = watch(path, options, (kind, name) => {
      // Files that grow (downloads) tell so all the time; what comes, goes or is renamed may be a folder.
      if (kind === 'rename' || name === null || endings.test(extname(name))) this.#changed();
    });
    watcher.on('error', () => this.#startPolling());
    this.#watchers.set(path, watcher);
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  #changed(): void {
    if (this.#closed) return;
    const { quietMs, atLatestMs } = this.#timings;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    const tell = () => {
      this.#settle();
      this.#onChange();
    };
    this.#quiet = setTimeout(tell, quietMs).unref();
    this.#latest ??= setTimeout(tell, atLatestMs).unref();
  }

  #settle(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    if (this.#latest !== null) clearTimeout(this.#latest);
    this.#quiet = null;
    this.#latest = null;
  }

  #startPolling(): void {
    for (const path of this.#watchers.keys()) this.#drop(path);
    if (this.#closed) return;
    this.#poll ??= setInterval(this.#onChange, this.#timings.pollMs).unref();
  }

  #stopPolling(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
  }
}

/** A folder and all folders below it, links followed once. */
async function foldersBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const real = await realpath(folder).catch(() => null);
    if (real === null && folder !== root) continue; // it went while we looked
    if (real === null) throw new Error(`${root} is not there`);
    if (seen.has(real)) continue;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (folder === root) throw error;
      return null; // a file behind a link, or a folder that may not be read
    });
    if (entries === null) continue;
    found.push(folder);
    if (found.length > mostFolders) throw new Error(`${root} holds more folders than may be watched`);
    for (const entry of entries) if (entry.isDirectory() || entry.isSymbolicLink()) open.push(join(folder, entry.name));
  }
  return found;
}
