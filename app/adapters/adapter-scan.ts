import { dirname } from 'node:path';
import type { AdapterDescription } from '../contracts/adapters.js';
import { errorMessageOf } from '../contracts/studio-error.js';
import type { FoundAdapter, Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import { breathe } from './breathe.js';
import { ownIdentity, type AdapterPlace, type AdapterRows, type ShelfPlace } from './adapter-rows.js';

export interface ScanParts {
  readonly database: Database;
  readonly rows: AdapterRows;
  readonly worker: Worker;
  /** A card came, went, or is not what it was. */
  readonly onChanged: () => void;
}

export interface ShelfFolder {
  readonly path: string;
  /** The studio's own. */
  readonly embedded: boolean;
}

export interface Scanned {
  /** Files that the folder holds. */
  readonly found: number;
  /** Why it cannot be read now, in one sentence; null when it can. */
  readonly problem: string | null;
  /** Resolves when all of them were described. */
  readonly described: Promise<void>;
}

/** Files that the worker describes in one call: the first cards come early, and a lost worker costs few. */
const filesAtOnce = 64;
/** Rows that are looked up before others may use main's thread. */
const rowsAtOnce = 100;

/**
 * Brings rows and files together. A folder is listed by the worker, and only what is new or changed since (by size,
 * time and inode, of the file and of those beside it) is read. One folder after the other.
 */
export class AdapterScan {
  /** Folders that could not be read when they were scanned last: unplugged, renamed. Their rows stay as they are. */
  readonly unreachable = new Set<string>();
  readonly #parts: ScanParts;
  readonly #running = new Set<Promise<unknown>>();
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(parts: ScanParts) {
    this.#parts = parts;
  }

  /** Files found but not read yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A folder is being compared, or files of it are being read. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when nothing is being compared or read. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  /** Resolves when the folder is listed; describing what is new in it goes on. Never rejects. */
  folder(folder: ShelfFolder): Promise<Scanned> {
    return new Promise((listed) => {
      const compared = this.#inTurn(async () => {
        const found = this.#closed ? [] : await this.#list(folder.path);
        if (typeof found === 'string' || this.#closed) {
          const problem = typeof found === 'string' ? found : null;
          return listed({ found: 0, problem, described: Promise.resolve() });
        }
        const described = this.#compare(found, folder);
        listed({ found: found.length, problem: null, described });
        await described;
      });
      compared.catch(() => undefined); // whoever awaits `described` is told
    });
  }

  /** Compare the files that were put on the shelf by themselves. */
  singles(): Promise<void> {
    return this.#inTurn(async () => {
      const { rows } = this.#parts;
      const where = { folder: null, single: true, embedded: false };
      const changes: Change[] = [];
      for (const known of rows.singles()) {
        if (this.#closed) return;
        const file = await this.#find(known.path);
        // A file whose whole folder is gone may come back with it.
        if (file === null)
          changes.push(...(await this.#lost(known, (await fileIdentity(dirname(known.path))) === null)));
        else if (file.identity !== known.identity) await this.#describe([file], where);
        else if (known.missing) changes.push(() => rows.setMissing(known.id, false));
      }
      await this.#write(changes, where);
    });
  }

  /**
   * Take in single files, described now: they do not wait for folders that are being read. The answers are in their
   * order; null for a path where nothing is.
   */
  files(paths: readonly string[], where: ShelfPlace): Promise<(AdapterDescription | null)[]> {
    return this.#tracked(this.#files(paths, where));
  }

  async #files(paths: readonly string[], where: ShelfPlace): Promise<(AdapterDescription | null)[]> {
    const found = new Map<string, FoundAdapter>();
    for (const path of paths) {
      const file = await this.#find(path);
      if (file !== null) found.set(path, file);
    }
    const described = await this.#describeAll([...found.values()], where);
    const byPath = new Map(described.map((description) => [description.path, description]));
    return paths.map((path) => byPath.get(found.get(path)?.path ?? '') ?? null);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tracked(this.#turn.then(work));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  /** The files of a folder, or why it cannot be read. */
  async #list(folder: string): Promise<FoundAdapter[] | string> {
    const { worker, onChanged } = this.#parts;
    try {
      const found = await worker.scanAdapterFolder({ folder });
      if (this.unreachable.delete(folder)) onChanged();
      return found;
    } catch (error) {
      // Whatever the reason, its files cannot be judged: the cards stay and say so.
      if (!this.unreachable.has(folder)) onChanged();
      this.unreachable.add(folder);
      return errorMessageOf(error).message;
    }
  }

  async #find(path: string): Promise<FoundAdapter | null> {
    const found = await this.#parts.worker.scanAdapterFolder({ folder: path }).catch(() => []);
    return found[0] ?? null;
  }

  async #compare(found: readonly FoundAdapter[], { path: folder, embedded }: ShelfFolder): Promise<void> {
    const { rows } = this.#parts;
    const where = { folder, single: false, embedded };
    const known = new Map((embedded ? rows.embedded() : rows.inFolder(folder)).map((place) => [place.path, place]));
    const here = new Set(found.map(({ path }) => path));
    const gone = new Map([...known.values()].filter(({ path }) => !here.has(path)).map((place) => [place.id, place]));
    const fresh: FoundAdapter[] = [];
    const changes: Change[] = [];
    for (const [index, file] of found.entries()) {
      const place = known.get(file.path);
      if (place === undefined) {
        if (index % rowsAtOnce === 0) await breathe();
        if (!this.#wants(where)) return;
        const row = rows.at(file.path);
        if (row === null) {
          await this.#follow(file, where, gone);
          fresh.push(file);
          // The studio's own folder may lie below a watched one; its files stay its own.
        } else if (row.embedded && !embedded) continue;
        else if (row.identity !== file.identity) fresh.push(file);
        else changes.push(() => rows.place(row.id, { folder, single: row.single }));
      } else if (place.identity !== file.identity) fresh.push(file);
      else if (place.missing) changes.push(() => rows.setMissing(place.id, false));
    }
    await this.#write(changes, where);
    await this.#describeAll(fresh, where);
    const lost: Change[] = [];
    for (const place of gone.values()) lost.push(...(await this.#lost(place, false)));
    await this.#write(lost, where);
  }

  /** False when the studio closes, or the folder was taken off while it is being read. */
  #wants({ folder, embedded }: ShelfPlace): boolean {
    return !this.#closed && (folder === null || embedded || this.#parts.rows.isWatched(folder));
  }

  /** A new path: a row whose file was moved here goes on with it. Its names are new, so it is described either way. */
  async #follow(file: FoundAdapter, where: ShelfPlace, gone: Map<string, AdapterPlace>): Promise<void> {
    const { rows } = this.#parts;
    for (const candidate of rows.sameFile(ownIdentity(file.identity))) {
      const moved = gone.has(candidate.id) || (await fileIdentity(candidate.path)) === null;
      if (!moved || candidate.embedded !== where.embedded || rows.at(file.path) !== null) continue;
      rows.move(candidate.id, file.path);
      gone.delete(candidate.id);
      return;
    }
    if (where.embedded) this.#moveEmbedded(file, gone);
  }

  /** Installed elsewhere, or anew: the studio's own adapters go on by their names. */
  #moveEmbedded(file: FoundAdapter, gone: Map<string, AdapterPlace>): void {
    const { rows } = this.#parts;
    if (rows.at(file.path) !== null) return;
    const nameOf = (path: string) => path.split(/[/\\]/).at(-1);
    const place = [...gone.values()].find(({ path }) => nameOf(path) === nameOf(file.path));
    if (place === undefined) return;
    rows.move(place.id, file.path);
    gone.delete(place.id);
  }

  async #describeAll(files: readonly FoundAdapter[], where: ShelfPlace): Promise<AdapterDescription[]> {
    const described: AdapterDescription[] = [];
    let left = files.length;
    this.#waiting += left;
    try {
      for (let at = 0; at < files.length && this.#wants(where); at += filesAtOnce) {
        const some = files.slice(at, at + filesAtOnce);
        described.push(...(await this.#describe(some, where)));
        left -= some.length;
        this.#waiting -= some.length;
      }
      return described;
    } finally {
      this.#waiting -= left;
    }
  }

  async #describe(files: readonly FoundAdapter[], where: ShelfPlace): Promise<AdapterDescription[]> {
    const { database, rows, onChanged } = this.#parts;
    const identities = new Map(files.map(({ path, identity }) => [path, identity]));
    const descriptions = await this.#read(files);
    if (!this.#wants(where)) return [];
    database.transaction(() => {
      for (const description of descriptions) {
        const identity = identities.get(description.path);
        // Of single files, those that are no adapters are told and not kept; in a folder, or in the place of one that
        // was on the shelf, they are remembered as such.
        if (identity === undefined) continue;
        const known = rows.at(description.path);
        if (where.single && known === null && !isWorthACard(description)) continue;
        const folder = where.folder ?? known?.folder ?? null;
        rows.describe(description, identity, { ...where, folder });
      }
    });
    onChanged();
    return descriptions;
  }

  /** A file that makes the worker fail must not take those beside it along: then one by one. */
  async #read(files: readonly FoundAdapter[]): Promise<AdapterDescription[]> {
    const { worker } = this.#parts;
    try {
      return await worker.describeAdapters({ paths: files.map(({ path }) => path) });
    } catch (error) {
      const [first] = files;
      if (first === undefined) return [];
      if (files.length === 1) return (await fileIdentity(first.path)) === null ? [] : [unreadable(first, error)];
      const one: AdapterDescription[] = [];
      for (const file of files) if (!this.#closed) one.push(...(await this.#read([file])));
      return one;
    }
  }

  /** Its file is gone. What a person said of it stays. */
  async #lost(place: AdapterPlace, unplugged: boolean): Promise<Change[]> {
    const { rows } = this.#parts;
    if ((await fileIdentity(place.path)) !== null) return []; // it came back just now
    if (place.dear || unplugged) return place.missing ? [] : [() => rows.setMissing(place.id, true)];
    return [() => rows.remove(place.id)];
  }

  /** Many changes in few commits: each waits for the disk. */
  async #write(changes: readonly Change[], where: ShelfPlace): Promise<void> {
    for (let at = 0; at < changes.length && this.#wants(where); at += rowsAtOnce) {
      const some = changes.slice(at, at + rowsAtOnce);
      this.#parts.database.transaction(() => {
        for (const change of some) change();
      });
      this.#parts.onChanged();
      await breathe();
    }
  }
}

/** Of rows. */
type Change = () => void;

/** A file that was named by hand under another ending and cannot be used is not what the person took it for. */
const isWorthACard = ({ path, isAdapter, problem }: AdapterDescription): boolean =>
  isAdapter && (problem === null || /\.safetensors$/i.test(path));

function unreadable({ path, identity }: FoundAdapter, error: unknown): AdapterDescription {
  return {
    path,
    bytes: Number(identity.split(':', 1)[0]),
    isAdapter: true,
    problem: errorMessageOf(error).message,
    ...{ dialect: 'unknown', algorithm: 'unknown', base: 'unknown', rank: null, alpha: null, total: 0 },
    ...{ hasText: false, signature: '', alias: null, triggerWords: [] },
    sidecar: { title: null, description: null, notes: null, baseModel: null, tags: [], preferredWeight: null },
    preview: null,
  };
}
