import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { damageSentence } from '../../native-models/adapters/refusals.js';
import type { AdapterFolder, AdapterReceipt, AdapterShelfState, LastApplied } from '../contracts/adapters.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { adapterCard } from './adapter-card.js';
import { AdapterFits, type FitModel } from './adapter-fits.js';
import { FolderWatch, type WatchTimings } from './folder-watch.js';
import { AdapterHashing } from './adapter-hashing.js';
import { adapterName, foldName } from './adapter-names.js';
import { AdapterPreviews, previewVersion } from './adapter-previews.js';
import { AdapterReceipts } from './adapter-receipts.js';
import {
  adapterRows,
  onShelf,
  ownIdentity,
  type AdapterNotes,
  type AdapterRow,
  type AdapterRows,
} from './adapter-rows.js';
import { AdapterScan, type Scanned, type ShelfFolder } from './adapter-scan.js';
import type { AdapterSource, ShelfAdapter } from './adapter-shelf-port.js';
import { breathe, mapInSlices } from './breathe.js';
import { ChangeBell } from './change-bell.js';
import { modelKey } from './model-key.js';

export interface AdapterShelfParts {
  readonly database: Database;
  readonly home: Home;
  readonly worker: Worker;
  /** Folder that holds the models that ship with the studio; its `pictures/loras` is always on the shelf. */
  readonly embeddedModels: string;
  /** Something of it changed; told at most a few times a second. */
  readonly onChanged: () => void;
  readonly watchTimings?: Partial<WatchTimings>;
}

export interface Added {
  /** Of what is new or was named again. */
  readonly ids: string[];
  /** What could not be added, or is of no use, one sentence each. */
  readonly notices: string[];
}

/** Between two tellings of changes, at least. */
const quietMs = 300;
/** The panel may ask often; the folders are compared again when the last time is longer ago than this. */
const staleAfterMs = 10_000;
/** A list waits this long for how its files fit, so that a card seldom says "unknown" first. */
const fitsWithinMs = 150;
/** Files that are added are answered for when they were read whole, or after this long. */
const readWithinMs = 1500;
/** A small folder that is added is answered when its files were read, a large one when they were counted. */
const smallFolder = 64;

/**
 * The adapters that a person has: the files of watched folders, single files, and those that ship with the studio.
 * They stay where they are and nothing is written beside them; the database holds what they say (read once, by size,
 * time and inode) and what the person says of them.
 *
 * The window calls `start` and then hears of changes. The command line does not: it reads what the window knows, and
 * looks at the folders itself only for a name that it cannot find.
 */
export class AdapterShelf implements AdapterSource {
  readonly #parts: AdapterShelfParts;
  readonly #rows: AdapterRows;
  readonly #scan: AdapterScan;
  readonly #fits: AdapterFits;
  readonly #receipts: AdapterReceipts;
  readonly #hashing: AdapterHashing;
  readonly #previews: AdapterPreviews;
  readonly #bell: ChangeBell;
  readonly #watches = new Map<string, FolderWatch>();
  readonly #embedded: ShelfFolder;
  #shown: AbortController | null = null;
  /** What the last list took: of thousands of cards, changes are told less often. */
  #listMs = 0;
  #scannedAt = 0;
  #started = false;
  #closed = false;

  constructor(parts: AdapterShelfParts) {
    const { database, home, worker, embeddedModels } = parts;
    this.#parts = parts;
    this.#embedded = { path: join(resolve(embeddedModels), 'pictures', 'loras'), embedded: true };
    this.#bell = new ChangeBell(parts.onChanged, () => Math.max(quietMs, 4 * this.#listMs));
    const onChanged = () => this.#bell.ring();
    this.#rows = adapterRows(database);
    this.#scan = new AdapterScan({ database, rows: this.#rows, worker, onChanged });
    this.#fits = new AdapterFits({ database, worker, onFound: onChanged });
    this.#receipts = new AdapterReceipts({
      ...{ database, worker },
      onRead: ({ file, hashes, nonFinite }, own) => {
        const row = this.#rows.at(file);
        if (row === null) return;
        const damaged = damageSentence(basename(file), nonFinite);
        if (row.hashes !== null && row.hashes.damaged === damaged) return;
        if (this.#rows.setHashes(row.id, own, { ...hashes, damaged })) this.#hashed(row.id, hashes.tensors);
      },
    });
    this.#hashing = new AdapterHashing({
      ...{ database, rows: this.#rows, worker },
      onHashed: (id, { tensors }) => this.#hashed(id, tensors),
    });
    this.#previews = new AdapterPreviews({ folder: home.adapterPreviews, worker });
  }

  /** Compare all folders with the disk, watch them, and hash what is new. Resolves when all was compared and read. */
  async start(): Promise<void> {
    this.#started = true;
    await this.refresh();
    await this.#previews.sweep((id) => {
      const row = this.#rows.get(id);
      return row === null ? null : previewVersion(row);
    });
  }

  /** Compare everything with the disk now. */
  async refresh(): Promise<void> {
    this.#scannedAt = Date.now();
    const folders = this.#folders().map((folder) => this.#compare(folder).then(({ described }) => described));
    await Promise.all([...folders, this.#scan.singles()]);
    if (this.#started) this.#hashing.start();
  }

  /** Resolves when all that was begun is done: comparing, reading, matching, hashing. */
  async idle(): Promise<void> {
    await this.#scan.idle();
    await this.#fits.idle();
    await this.#hashing.idle();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.close();
    await Promise.all([this.#scan.close(), this.#fits.close(), this.#hashing.close(), this.#receipts.close()]);
    this.#bell.close();
  }

  /** Every card with how it goes with the model in `modelPath`; what is not known yet is told as a change later. */
  async list(modelPath: string | null): Promise<AdapterShelfState> {
    if (this.#started && !this.#scan.busy && Date.now() - this.#scannedAt > staleAfterMs) {
      void this.refresh().catch(() => undefined); // the next one that asks is told
    }
    const began = performance.now();
    const rows = await this.#all();
    this.#listMs = performance.now() - began;
    const model = await this.#fitModel(modelPath);
    if (model !== null) {
      this.#fits.ask(model, rows);
      await Promise.race([this.#fits.idle(), new Promise((resolve) => setTimeout(resolve, fitsWithinMs))]);
    }
    const fits = model === null ? null : this.#fits.known(model);
    const { unreachable } = this.#scan;
    const adapters = await mapInSlices(rows, (row) =>
      adapterCard(
        row,
        fits?.get(row.description.signature) ?? null,
        row.folder !== null && unreachable.has(row.folder),
      ),
    );
    return { adapters, folders: await this.#cardsOfFolders(), waiting: this.#scan.waiting };
  }

  /**
   * A file is put on the shelf where it lies, a folder is watched from now on. A file that is an adapter of a kind that
   * cannot be used yet is added with its problem on the card, and told; one that is none is told only.
   */
  async add(paths: readonly string[]): Promise<Added> {
    const ids = new Set<string>();
    const notices: string[] = [];
    const files: string[] = [];
    for (const path of new Set(paths.map((each) => resolve(each)))) {
      const found = await stat(path).catch(() => null);
      if (found === null) notices.push(`There is nothing at ${path}: it was not added.`);
      else if (!found.isDirectory()) files.push(path);
      else {
        const added = await this.#watchFolder(path);
        for (const id of added.ids) ids.add(id);
        notices.push(...added.notices);
      }
    }
    const before = new Set(files.filter((path) => this.#cardAt(path) !== null));
    const described = await this.#scan.files(files, { folder: null, single: true, embedded: false });
    this.#hashing.start();
    // What is in a file, and whether it is there already, is known when it was read whole.
    if (files.length > before.size) {
      await Promise.race([this.#hashing.idle(), new Promise((resolve) => setTimeout(resolve, readWithinMs))]);
    }
    for (const [index, description] of described.entries()) {
      if (description === null) {
        notices.push(`${files[index] ?? ''} could not be read: it was not added.`);
        continue;
      }
      const { path } = description;
      const row = this.#cardAt(path);
      if (row === null) {
        notices.push(`${description.problem ?? `${basename(path)} is no adapter.`} It was not added.`);
        continue;
      }
      ids.add(row.id);
      const { problem } = row.description;
      if (before.has(path)) notices.push(`${basename(path)} is on the shelf already.`);
      else if (problem !== null) notices.push(`${problem} It is on the shelf all the same.`);
      else notices.push(...this.#sameNotice(row));
    }
    return { ids: [...ids], notices };
  }

  /** The row of a card, as the file was when it was described last; null when there is none. */
  #cardAt(path: string): AdapterRow | null {
    const row = this.#rows.at(path);
    return row !== null && onShelf(row) && row.description.isAdapter ? row : null;
  }

  /** A new file that holds the tensors of another card. */
  #sameNotice({ id, path, hashes }: AdapterRow): string[] {
    if (hashes === null) return [];
    const same = this.#rows
      .sameTensors(hashes.tensors)
      .find((row) => row.id !== id && !row.missing && this.#cardAt(row.path) !== null);
    if (same === undefined) return [];
    const [name, other] = [adapterName(path), adapterName(same.path)];
    const which = other === name ? `the one in ${dirname(same.path)}` : other;
    return [`${name} was added. It holds the same as ${which}.`];
  }

  /** Take an adapter that lies in no watched folder, or whose file is gone, off the shelf. Its file stays. */
  forget(id: string): void {
    const row = this.#get(id);
    if (row.folder !== null && !row.missing) {
      const why = row.embedded ? 'ships with the studio' : `lies in the watched folder ${row.folder}`;
      throw new StudioError('bad-input', `${adapterName(row.path)} ${why}, so it stays on the shelf.`);
    }
    // What was said of it is there again when it is added again.
    if (row.missing) this.#rows.remove(id);
    else this.#rows.takeOff(id);
    this.#rows.sweep();
    this.#bell.ring();
  }

  /** Its cards go; ratings, tags and notes are there again when the folder comes back. */
  unwatch(path: string): void {
    if (path === this.#embedded.path) {
      throw new StudioError('bad-input', 'The folder of the adapters that ship with the studio stays on the shelf.');
    }
    if (!this.#rows.removeFolder(path)) throw new StudioError('not-found', `${path} is not watched.`);
    this.#stopWatching(path);
    this.#scan.unreachable.delete(path);
    this.#rows.unwatch(path);
    this.#rows.sweep();
    this.#bell.ring();
  }

  save(id: string, notes: AdapterNotes): void {
    this.#get(id);
    this.#rows.setNotes(id, notes);
    this.#bell.ring();
  }

  /** The receipt that a person looks at: another one that is asked for by this takes its place. */
  async receiptToShow(id: string, modelPath: string | null): Promise<AdapterReceipt> {
    this.#shown?.abort();
    const shown = new AbortController();
    this.#shown = shown;
    const row = await this.#current(this.#get(id));
    // Of a damaged file it tells where the damage is.
    const adapter = row.hashes?.damaged == null ? this.#usable(row) : shelfAdapter(row);
    return this.#receipt(adapter, modelPath, shown.signal);
  }

  /** Absolute path of the file, for showing it in its folder. */
  async fileOf(id: string): Promise<string> {
    const { path } = this.#get(id);
    if ((await fileIdentity(path)) === null) throw gone(path);
    return path;
  }

  /** Absolute path of the card's picture for the picture protocol; null when there is none. */
  async previewFile(id: string): Promise<string | null> {
    return this.#previews.file(this.#get(id));
  }

  /** Its row as the files are now, also for one that was taken off the shelf: a job may still hold its id. */
  async ready(id: string): Promise<ShelfAdapter> {
    return this.#usable(await this.#current(this.#get(id)));
  }

  #usable(row: AdapterRow): ShelfAdapter {
    const { problem } = row.description;
    if (problem !== null) throw new StudioError('unsupported', problem, { file: row.path });
    return shelfAdapter(row);
  }

  /**
   * By file name, exactly or else without regard to case, and then the same by alias. Of several with one name a file
   * that can be used comes before one that cannot, then the one that was used last, then the first by path; the others
   * that could be used are its namesakes.
   */
  async find(name: string): Promise<ShelfAdapter | null> {
    let found = this.#called(name);
    if (found === null && (this.#scan.busy || this.#scannedAt === 0)) {
      // The window is still reading its folders; the command line has not looked at them yet.
      if (this.#scannedAt === 0) await this.refresh();
      await this.#scan.idle();
      found = this.#called(name);
    }
    if (found === null) return null;
    const adapter = await this.ready(found.row.id);
    return found.namesakes.length === 0 ? adapter : { ...adapter, namesakes: found.namesakes };
  }

  receipt(adapter: ShelfAdapter, modelPath: string | null): Promise<AdapterReceipt> {
    return this.#receipt(adapter, modelPath);
  }

  async used(
    uses: readonly (LastApplied & { readonly id: string })[],
    picture: { readonly path: string },
  ): Promise<void> {
    const at = Date.now();
    for (const { id, how, seconds } of uses) {
      const row = this.#rows.get(id);
      if (row === null) continue;
      // 0 seconds: it was still there from the picture before, which says nothing of what putting it on takes.
      this.#rows.setUsed(id, at, seconds > 0 || row.applied === null ? { how, seconds } : row.applied);
      if (row.description.preview !== null || row.firstPicture !== null) continue;
      this.#rows.setFirstPicture(id, picture.path);
      // Now, for the picture may be thrown away; without it the card has none again.
      const file = await this.#previews.file({ ...row, firstPicture: picture.path });
      if (file === null) this.#rows.setFirstPicture(id, null);
    }
    this.#bell.ring();
  }

  /** Another process (the command line) wrote to the database. */
  changedElsewhere(): void {
    this.#bell.ring();
  }

  #get(id: string): AdapterRow {
    const row = this.#rows.get(id);
    if (row === null) throw new StudioError('not-found', `The adapter ${id} is not on the shelf any more.`);
    return row;
  }

  /** The row, described anew when its file changed. */
  async #current(row: AdapterRow): Promise<AdapterRow> {
    const now = await fileIdentity(row.path);
    if (now === null) {
      // Cards and the mixer say so too; a single file is in no folder whose watch would tell.
      if (!row.missing && this.#rows.setMissing(row.id, true)) this.#bell.ring();
      throw gone(row.path);
    }
    if (now === ownIdentity(row.identity) && !row.missing) return row;
    const { folder, single, embedded } = row;
    await this.#scan.files([row.path], { folder, single, embedded });
    const again = this.#get(row.id);
    if (again.missing) throw gone(row.path);
    return again;
  }

  #receipt(adapter: ShelfAdapter, modelPath: string | null, signal?: AbortSignal): Promise<AdapterReceipt> {
    const row = adapter.id === null ? null : this.#rows.get(adapter.id);
    const beside = row === null ? '' : row.identity.slice(ownIdentity(row.identity).length);
    return this.#receipts.get({ path: adapter.path, name: adapter.name, beside }, modelPath, signal);
  }

  #called(name: string): { row: AdapterRow; namesakes: string[] } | null {
    const folded = foldName(name);
    const nearness = ({ path, description: { alias } }: AdapterRow): number => {
      const file = adapterName(path);
      if (file === name) return 0;
      if (foldName(file) === folded) return 1;
      return alias === name ? 2 : 3;
    };
    const worse = (row: AdapterRow): number => Number(row.missing) * 2 + Number(row.description.problem !== null);
    const rows = this.#rows
      .called(name)
      .toSorted(
        (a, b) =>
          nearness(a) - nearness(b) ||
          worse(a) - worse(b) ||
          (b.usedAt ?? 0) - (a.usedAt ?? 0) ||
          (a.path < b.path ? -1 : 1),
      );
    const [best, ...others] = rows;
    if (best === undefined) return null;
    const same = others.filter((row) => nearness(row) === nearness(best) && worse(row) === 0);
    return { row: best, namesakes: same.map(({ path }) => path) };
  }

  /** All rows, some at a time: main has other things to do in between. */
  async #all(): Promise<AdapterRow[]> {
    const rows: AdapterRow[] = [];
    for (let after = 0; ; after = rows.at(-1)?.number ?? 0) {
      const page = this.#rows.page(after);
      if (page.length === 0) return rows;
      rows.push(...page);
      await breathe();
    }
  }

  async #fitModel(path: string | null): Promise<FitModel | null> {
    const key = path === null ? null : await modelKey(path);
    return path === null || key === null ? null : { path, key };
  }

  #folders(): ShelfFolder[] {
    return [this.#embedded, ...this.#rows.folders().map((path) => ({ path, embedded: false }))];
  }

  async #cardsOfFolders(): Promise<AdapterFolder[]> {
    const counts = this.#rows.counts();
    const cards = this.#folders().map(({ path, embedded }) => ({
      ...{ path, embedded, count: counts.get(path) ?? 0 },
      missing: this.#scan.unreachable.has(path),
    }));
    // An installation without adapters of its own has nothing to show.
    return cards.filter(({ embedded, count }) => !embedded || count > 0);
  }

  async #compare(folder: ShelfFolder): Promise<Scanned> {
    const { path } = folder;
    const scanned = await this.#scan.folder(folder);
    // The studio's own folder changes with the studio; another one may have been taken off meanwhile.
    if (this.#started && !this.#closed && this.#rows.isWatched(path)) {
      const watch = this.#watches.get(path) ?? this.#newWatch(folder);
      await watch.renew();
    }
    return scanned;
  }

  #newWatch(folder: ShelfFolder): FolderWatch {
    const changed = () => {
      void this.#compare(folder)
        .then(({ described }) => described)
        .then(() => this.#hashing.start())
        .catch(() => undefined); // the next one that asks is told
    };
    const watch = new FolderWatch(folder.path, changed, this.#parts.watchTimings);
    this.#watches.set(folder.path, watch);
    return watch;
  }

  #stopWatching(path: string): void {
    this.#watches.get(path)?.close();
    this.#watches.delete(path);
  }

  async #watchFolder(path: string): Promise<Added> {
    const folders = this.#folders();
    const above = folders.find((folder) => isInside(path, folder.path));
    if (above === undefined) {
      this.#rows.addFolder(path);
      for (const below of folders) {
        if (below.embedded || !isInside(below.path, path)) continue;
        this.#rows.removeFolder(below.path);
        this.#rows.handOver(below.path, path);
        this.#stopWatching(below.path);
      }
      this.#bell.ring();
    }
    const { found, problem, described } = await this.#compare(above ?? { path, embedded: false });
    if (problem !== null) {
      if (above === undefined) this.unwatch(path);
      return { ids: [], notices: [`${problem} It is not watched.`] };
    }
    if (found === 0) return { ids: [], notices: [`There is no .safetensors file in ${path} yet; it is watched.`] };
    const read = described.then(() => this.#hashing.start());
    if (found <= smallFolder) await read;
    else read.catch(() => undefined); // the next one that asks is told
    const inside = (await this.#all()).filter((row) => isInside(row.path, path));
    return { ids: inside.map(({ id }) => id), notices: [] };
  }

  /** A file whose tensors are those of one that is gone is that one, moved: what was said of it stays with it. */
  #hashed(id: string, tensors: string): void {
    this.#bell.ring();
    const fresh = this.#rows.get(id);
    if (fresh === null || isDear(fresh)) return;
    const before = this.#rows.sameTensors(tensors).find(({ id, missing }) => missing && id !== fresh.id);
    if (before === undefined || fresh.hashes === null) return;
    const { path, description, identity, hashes, folder, single, embedded } = fresh;
    if (embedded !== before.embedded) return;
    this.#parts.database.transaction(() => {
      this.#rows.remove(fresh.id);
      this.#rows.move(before.id, path);
      this.#rows.describe(description, identity, { folder, single, embedded });
      this.#rows.setHashes(before.id, ownIdentity(identity), hashes);
    });
  }
}

const shelfAdapter = ({ id, path, description: { alias } }: AdapterRow): ShelfAdapter => ({
  ...{ id, name: adapterName(path), alias, path },
});

const isDear = ({ rating, tags, note, usedAt }: AdapterRow): boolean =>
  rating > 0 || tags !== null || note !== '' || usedAt !== null;

const gone = (path: string): StudioError =>
  new StudioError('missing-file', `${adapterName(path)} is gone: there is nothing at ${path} any more.`, {
    file: path,
  });

/** Also true for the folder itself. */
const isInside = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
