import { z } from 'zod';
import {
  adapterDescription,
  lastApplied,
  wholeAdapter,
  type AdapterDescription,
  type LastApplied,
  type WholeAdapter,
} from '../contracts/adapters.js';
import type { Database } from '../storage/database.js';
import type { FileIdentity } from '../storage/file-identity.js';
import { asFlag, flag, json, jsonOrNull, number, numberOrNull, text, textOrNull, type Row } from '../storage/rows.js';
import { adapterId } from './adapter-id.js';
import { adapterName, foldName } from './adapter-names.js';

/** An adapter as the database knows it. */
export interface AdapterRow {
  readonly number: number;
  readonly id: string;
  readonly path: string;
  /** The watched folder that it lies in; null where it is in none. */
  readonly folder: string | null;
  /** Put on the shelf by itself. */
  readonly single: boolean;
  readonly embedded: boolean;
  readonly missing: boolean;
  /** As the scan gave it when the file was described: the file's own, then those of the files beside it. */
  readonly identity: string;
  /** Its problem is also what the whole file told. */
  readonly description: AdapterDescription;
  /** Null until the whole file was read; for another file in its place again. */
  readonly hashes: WholeAdapter | null;
  readonly rating: number;
  /** Null until a person changed them: then they are those of the files beside it. */
  readonly tags: readonly string[] | null;
  readonly note: string;
  readonly usedAt: number | null;
  readonly applied: LastApplied | null;
  readonly addedAt: number;
  /** Absolute path of the first picture made with it. */
  readonly firstPicture: string | null;
}

export type UnhashedFile = Pick<AdapterRow, 'id' | 'path' | 'identity'>;

/** What a comparison with the disk needs of a row. */
export interface AdapterPlace {
  readonly id: string;
  readonly path: string;
  readonly identity: string;
  readonly missing: boolean;
  /** A person said something of it, or used it: it is not let go when its file goes. */
  readonly dear: boolean;
}

/** What a file is on the shelf as. */
export interface ShelfPlace {
  readonly folder: string | null;
  readonly single: boolean;
  readonly embedded: boolean;
}

export interface AdapterNotes {
  readonly rating?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | undefined;
}

/** The part of a scanned identity that is the file's own, as storage/file-identity.ts gives it. */
export const ownIdentity = (identity: string): FileIdentity => identity.split('|', 1)[0] ?? '';

export const onShelf = ({ folder, single }: Pick<AdapterRow, 'folder' | 'single'>): boolean =>
  single || folder !== null;

export type AdapterRows = ReturnType<typeof adapterRows>;

const onTheShelf = '(single = 1 OR folder IS NOT NULL)';
const dear = `(rating > 0 OR tags <> 'null' OR note <> '' OR used_at IS NOT NULL)`;
/** Rows that are read at once: some milliseconds of main's time. */
const pageRows = 100;

export function adapterRows(database: Database) {
  const one = database.prepare('SELECT * FROM adapters WHERE id = ?');
  const at = database.prepare('SELECT * FROM adapters WHERE path = ?');
  const page = database.prepare(
    `SELECT * FROM adapters WHERE number > ? AND is_adapter = 1 AND ${onTheShelf} ORDER BY number LIMIT ${pageRows}`,
  );
  const placeColumns = `id, path, identity, missing, ${dear}`;
  const inFolder = database.prepareLists(`SELECT ${placeColumns} FROM adapters WHERE folder = ?`);
  const embedded = database.prepareLists(`SELECT ${placeColumns} FROM adapters WHERE embedded = 1`);
  const singles = database.prepareLists(
    `SELECT ${placeColumns} FROM adapters WHERE single = 1 AND folder IS NULL ORDER BY number`,
  );
  const sameFile = database.prepare('SELECT * FROM adapters WHERE file_identity = ?');
  const sameTensors = database.prepare('SELECT * FROM adapters WHERE tensors_hash = ?');
  const called = database.prepare(
    `SELECT * FROM adapters WHERE (name = ? OR alias = ?) AND is_adapter = 1 AND ${onTheShelf}`,
  );
  const unhashed = database.prepareLists(`
    SELECT id, path, identity FROM adapters WHERE hashes IS NULL AND missing = 0 AND is_adapter = 1 AND ${onTheShelf}
    ORDER BY used_at DESC, number LIMIT ?`);
  const insert = database.prepare(`
    INSERT INTO adapters (id, path, folder, single, embedded, missing, is_adapter, identity, file_identity, name, alias,
      description, rating, tags, note, added_at)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 0, 'null', '', ?)`);
  const describeAgain = database.prepare(`
    UPDATE adapters SET folder = ?, single = ?, missing = 0, is_adapter = ?, identity = ?, name = ?, alias = ?,
      description = ?,
      hashes = CASE WHEN file_identity = ? THEN hashes END,
      tensors_hash = CASE WHEN file_identity = ? THEN tensors_hash END,
      file_identity = ?
    WHERE id = ?`);
  const place = database.prepare('UPDATE adapters SET folder = ?, single = ?, missing = 0 WHERE id = ?');
  // The sentence about a damaged file names it: under its new name it is read again.
  const move = database.prepare(
    `UPDATE adapters SET path = ?, hashes = CASE WHEN hashes ->> 'damaged' IS NULL THEN hashes END WHERE id = ?`,
  );
  const setMissing = database.prepare('UPDATE adapters SET missing = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM adapters WHERE id = ?');
  const setHashes = database.prepare(
    'UPDATE adapters SET hashes = ?, tensors_hash = ? WHERE id = ? AND file_identity = ?',
  );
  const setNotes = database.prepare(
    'UPDATE adapters SET rating = coalesce(?, rating), tags = coalesce(?, tags), note = coalesce(?, note) WHERE id = ?',
  );
  const setUsed = database.prepare('UPDATE adapters SET used_at = ?, applied = ? WHERE id = ?');
  const setFirstPicture = database.prepare('UPDATE adapters SET first_picture = ? WHERE id = ?');
  const takeOff = database.prepare('UPDATE adapters SET folder = NULL, single = 0 WHERE id = ?');
  const unwatch = database.prepare('UPDATE adapters SET folder = NULL WHERE folder = ?');
  const sweep = database.prepare(`DELETE FROM adapters WHERE NOT ${onTheShelf} AND NOT ${dear}`);
  const folders = database.prepare('SELECT path FROM adapter_folders ORDER BY added_at, path');
  const folder = database.prepare('SELECT 1 FROM adapter_folders WHERE path = ?');
  const addFolder = database.prepare('INSERT INTO adapter_folders VALUES (?, ?) ON CONFLICT DO NOTHING');
  const removeFolder = database.prepare('DELETE FROM adapter_folders WHERE path = ?');
  const handOver = database.prepare('UPDATE adapters SET folder = ? WHERE folder = ?');
  const counts = database.prepareLists(
    'SELECT folder, count(*) FROM adapters WHERE folder IS NOT NULL AND is_adapter = 1 GROUP BY folder',
  );

  const get = (id: string): AdapterRow | null => {
    const row = one.get(id);
    return row === undefined ? null : readRow(row);
  };
  const atPath = (path: string): AdapterRow | null => {
    const row = at.get(path);
    return row === undefined ? null : readRow(row);
  };
  return {
    get,
    at: atPath,
    /** Those on the shelf, some at a time; `after` is the number of the last one of the page before. */
    page: (after: number): AdapterRow[] => page.all(after).map(readRow),
    inFolder: (folder: string): AdapterPlace[] => inFolder(folder).map(readPlace),
    embedded: (): AdapterPlace[] => embedded().map(readPlace),
    singles: (): AdapterPlace[] => singles().map(readPlace),
    /** Rows that were described from a file of this size, time and inode. */
    sameFile: (own: FileIdentity): AdapterRow[] => sameFile.all(own).map(readRow),
    sameTensors: (hash: string): AdapterRow[] => sameTensors.all(hash).map(readRow),
    /** Those that a prompt may mean by a name, without regard to case. */
    called(name: string): AdapterRow[] {
      const folded = foldName(name);
      return called.all(folded, folded).map(readRow);
    },
    /** Whose whole file was not read yet, the last used first. */
    unhashed: (limit: number): UnhashedFile[] =>
      unhashed(limit).map((columns) => {
        const [id, path, identity] = columns as [string, string, string];
        return { id, path, identity };
      }),
    /** Take in what the worker read of a file, at the path's own row or a new one. Returns its id. */
    describe(description: AdapterDescription, identity: string, where: ShelfPlace): string {
      const { path, alias } = description;
      const { folder, single } = where;
      const own = ownIdentity(identity);
      const names = [foldName(adapterName(path)), alias === null ? null : foldName(alias)] as const;
      const known = atPath(path);
      if (known !== null) {
        describeAgain.run(
          ...[folder, asFlag(single || known.single), asFlag(description.isAdapter), identity],
          ...[...names, JSON.stringify(description), own, own, own, known.id],
        );
        return known.id;
      }
      const id = adapterId(path, where.embedded, (taken) => one.get(taken) !== undefined);
      insert.run(
        ...[id, path, folder, asFlag(single), asFlag(where.embedded), asFlag(description.isAdapter)],
        ...[identity, own, ...names, JSON.stringify(description), Date.now()],
      );
      return id;
    },
    /** A row whose file is as it was described comes (back) to a place on the shelf. */
    place: (id: string, { folder, single }: { folder: string | null; single: boolean }): boolean =>
      place.run(folder, asFlag(single), id) > 0,
    /** The file of a row was renamed or moved; it is described anew after this. */
    move: (id: string, path: string): boolean => move.run(path, id) > 0,
    setMissing: (id: string, missing: boolean): boolean => setMissing.run(asFlag(missing), id) > 0,
    remove: (id: string): boolean => remove.run(id) > 0,
    /** False when the file is no longer the one that was read. */
    setHashes: (id: string, own: FileIdentity, hashes: WholeAdapter): boolean =>
      setHashes.run(JSON.stringify(hashes), hashes.tensors, id, own) > 0,
    setNotes: (id: string, { rating, tags, note }: AdapterNotes): boolean =>
      setNotes.run(rating ?? null, tags === undefined ? null : JSON.stringify(tags), note ?? null, id) > 0,
    setUsed: (id: string, at: number, applied: LastApplied): boolean =>
      setUsed.run(at, JSON.stringify(applied), id) > 0,
    setFirstPicture: (id: string, path: string | null): boolean => setFirstPicture.run(path, id) > 0,
    takeOff: (id: string): boolean => takeOff.run(id) > 0,
    /** The files of a folder leave it; those that were also put there by themselves stay on the shelf. */
    unwatch: (folder: string): void => void unwatch.run(folder),
    /** Let go of what is off the shelf and of which nobody said anything. */
    sweep: (): void => void sweep.run(),
    folders: (): string[] => folders.all().map((row) => text(row, 'path')),
    isWatched: (path: string): boolean => folder.get(path) !== undefined,
    addFolder: (path: string): boolean => addFolder.run(path, Date.now()) > 0,
    removeFolder: (path: string): boolean => removeFolder.run(path) > 0,
    /** A folder is watched as part of one above it from now on. */
    handOver: (from: string, to: string): void => void handOver.run(to, from),
    counts: (): Map<string, number> => new Map(counts() as [string, number][]),
  };
}

/** Rows of older studios do not tell of damage; the receipt finds it. */
const keptHashes = wholeAdapter.extend({ damaged: wholeAdapter.shape.damaged.default(null) });

function readRow(row: Row): AdapterRow {
  const description = json(row, 'description', adapterDescription);
  const hashes = jsonOrNull(row, 'hashes', keptHashes);
  const problem = description.problem ?? hashes?.damaged ?? null;
  return {
    number: number(row, 'number'),
    id: text(row, 'id'),
    path: text(row, 'path'),
    folder: textOrNull(row, 'folder'),
    single: flag(row, 'single'),
    embedded: flag(row, 'embedded'),
    missing: flag(row, 'missing'),
    identity: text(row, 'identity'),
    description: { ...description, problem },
    hashes,
    rating: number(row, 'rating'),
    tags: json(row, 'tags', z.array(z.string()).nullable()),
    note: text(row, 'note'),
    usedAt: numberOrNull(row, 'used_at'),
    applied: jsonOrNull(row, 'applied', lastApplied),
    addedAt: number(row, 'added_at'),
    firstPicture: textOrNull(row, 'first_picture'),
  };
}

function readPlace(columns: unknown[]): AdapterPlace {
  const [id, path, identity, missing, isDear] = columns as [string, string, string, number, number];
  return { id, path, identity, missing: missing !== 0, dear: isDear !== 0 };
}
