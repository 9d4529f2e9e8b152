import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StudioError } from '../contracts/studio-error.js';
import { connect, type Connection } from './connection.js';
import { migrations as allMigrations } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';
import { number, type Row } from './rows.js';
import { salvage } from './salvage.js';
import { isDamage, storageError } from './sqlite-errors.js';

type Value = string | number | null;

/** A prepared statement. Parameters are given in the order of its question marks. */
export interface Statement {
  all(...parameters: Value[]): Row[];
  get(...parameters: Value[]): Row | undefined;
  /** How many rows it changed. */
  run(...parameters: Value[]): number;
}

/**
 * The one connection of this process. Another process (the command line beside the window) may have its own: SQLite's
 * write-ahead log keeps them apart, a writer waits for the other one's commit.
 */
export interface Database {
  readonly file: string;
  prepare(sql: string): Statement;
  /**
   * A query whose rows come as lists of their columns: half the time of rows by name, for the few that read
   * thousands at once.
   */
  prepareLists(sql: string): (...parameters: Value[]) => unknown[][];
  /** All of `work` or nothing of it; on disk when it returns. `work` must not wait for anything. */
  transaction<T>(work: () => T): T;
  /** Whether another process wrote to it since this was asked last. */
  changedElsewhere(): boolean;
  close(): void;
}

export interface OpenedDatabase {
  readonly database: Database;
  /** Where a damaged database was put aside; null when it was whole. */
  readonly setAside: string | null;
}

/**
 * Open the database, making it or bringing it to the newest form first. One made by a newer version is refused; a
 * damaged one is renamed, and one with what could still be read takes its place (the gallery then reads the pictures).
 */
export async function openDatabase(
  file: string,
  migrations: readonly Migration[] = allMigrations,
): Promise<OpenedDatabase> {
  await mkdir(dirname(file), { recursive: true });
  try {
    return { database: await openWhole(file, migrations), setAside: null };
  } catch (error) {
    if (!isDamage(error)) throw error instanceof StudioError ? error : storageError(error, file);
    const setAside = await putAside(file);
    const database = await openWhole(file, migrations);
    await salvage(setAside, database);
    return { database, setAside };
  }
}

async function openWhole(file: string, migrations: readonly Migration[]): Promise<Database> {
  const connection = await connect(file);
  try {
    await migrate(connection, file, migrations);
    return databaseOn(connection, file);
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function migrate(connection: Connection, file: string, migrations: readonly Migration[]): Promise<void> {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = versionOf(connection);
  if (found > newest) {
    throw new StudioError(
      'storage',
      `The library in ${dirname(file)} was made by a newer Inkstone Studio (form ${found}; this one knows ${newest}): update Inkstone Studio, or choose another folder with --home.`,
      { file },
    );
  }
  for (const migration of migrations) {
    if (versionOf(connection) >= migration.version) continue;
    if (found > 0) await copyBefore(connection, file, migration);
    connection.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have done it while this one waited for the lock.
      if (versionOf(connection) < migration.version) {
        connection.exec(migration.sql);
        connection.exec(`PRAGMA user_version = ${migration.version}`);
      }
      connection.exec('COMMIT');
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  }
}

const versionOf = (connection: Connection): number =>
  number(connection.prepare('PRAGMA user_version').get() as Row, 'user_version');

/** `inkstone.db.before-0002`: the database as it was, whole and alone in one file. */
async function copyBefore(connection: Connection, file: string, migration: Migration): Promise<void> {
  const copy = `${file}.before-${String(migration.version).padStart(4, '0')}`;
  const half = `${copy}.part-${process.pid}`;
  await rm(half, { force: true });
  connection.prepare('VACUUM INTO ?').run(half);
  await rename(half, copy);
}

/** Rename a damaged database, with the log that belongs to it, to `inkstone.db.damaged-2026-11-24-101530`. */
async function putAside(file: string): Promise<string> {
  const when = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  let aside = `${file}.damaged-${when}`;
  for (let again = 2; await exists(aside); again += 1) aside = `${file}.damaged-${when}-${again}`;
  for (const ending of ['', '-wal', '-shm']) {
    if (!(await exists(file + ending))) continue;
    try {
      await rename(file + ending, aside + ending);
    } catch (cause) {
      // Windows refuses while another process has it open; a copy keeps what there is.
      await copyFile(file + ending, aside + ending);
      await rm(file + ending).catch(() => {
        throw new StudioError(
          'storage',
          `The library's database ${file} is damaged and another program holds it open; close other Inkstone windows and start again.`,
          { file, cause },
        );
      });
    }
  }
  return aside;
}

function databaseOn(connection: Connection, file: string): Database {
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw error instanceof StudioError ? error : storageError(error, file);
    }
  };
  const version = connection.prepare('PRAGMA data_version');
  const versionNow = (): unknown => (version.get() as Row)['data_version'];
  let known = versionNow();
  return {
    file,
    changedElsewhere() {
      const before = known;
      known = guarded(versionNow);
      return known !== before;
    },
    prepare(sql) {
      const statement = guarded(() => connection.prepare(sql));
      return {
        all: (...parameters) => guarded(() => statement.all(...parameters) as Row[]),
        get: (...parameters) => guarded(() => statement.get(...parameters) as Row | undefined),
        run: (...parameters) => guarded(() => statement.run(...parameters).changes),
      };
    },
    prepareLists(sql) {
      const statement = guarded(() => connection.prepare(sql));
      statement.setReturnArrays(true);
      return (...parameters) => guarded(() => statement.all(...parameters) as unknown[][]);
    },
    transaction(work) {
      guarded(() => connection.exec('BEGIN IMMEDIATE'));
      try {
        const result = work();
        guarded(() => connection.exec('COMMIT'));
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    },
    close() {
      // The binding finalises statements only when they are collected, so that closing alone leaves the log unmerged.
      try {
        connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // Another process reads just now: the log stays, and is as good.
      }
      connection.close();
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
