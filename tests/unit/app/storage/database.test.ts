import { spawn } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapterRows } from '../../../../app/adapters/adapter-rows.js';
import { defaultPreferences } from '../../../../app/contracts/preferences.js';
import { connect } from '../../../../app/storage/connection.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { migrations } from '../../../../app/storage/migrations/index.js';
import { PreferencesStore } from '../../../../app/preferences/preferences.js';
import { exists, temporaryFolder } from '../test-parts.js';

const newest = migrations.length;
const next = { version: newest + 1, name: 'a shelf', sql: 'CREATE TABLE shelf (book TEXT) STRICT' };

describe('openDatabase', () => {
  test('numbers its migrations without gaps', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  test('refuses a database of a newer version in one sentence and leaves it as it is', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    (await openDatabase(file, [...migrations, next])).database.close();
    const before = await readFile(file);
    await expect(openDatabase(file)).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringMatching(/^The library in .* was made by a newer Inkstone Studio .*update/) as string,
    });
    expect(await readFile(file)).toEqual(before);
  });

  test('copies the database before a migration, and only then', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'inkstone.db');
    const first = await openDatabase(file);
    new PreferencesStore(first.database).save({ theme: 'light' });
    first.database.close();
    expect((await readdir(folder)).filter((name) => name.includes('before'))).toEqual([]);

    (await openDatabase(file, [...migrations, next])).database.close();
    const copy = await connect(`${file}.before-${String(next.version).padStart(4, '0')}`, { readOnly: true });
    expect(copy.prepare('SELECT value FROM preferences').get()).toMatchObject({ value: '"light"' });
    expect(copy.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: newest });
    copy.close();
  });

  test('brings a database of the first form, with what it holds, to today’s', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    const first = (await openDatabase(file, migrations.slice(0, 1))).database;
    new PreferencesStore(first).save({ theme: 'light' });
    first.prepare(`INSERT INTO pictures VALUES (1, 'p', 'a.png', 8, 8, 9, 1, 1, NULL, 0, 'a heart')`).run();
    first.close();

    const { database, setAside } = await openDatabase(file);
    expect(setAside).toBeNull();
    expect(new PreferencesStore(database).load().theme).toBe('light');
    expect(database.prepare('SELECT title FROM pictures').all()).toEqual([{ title: 'a heart' }]);
    const adapters = adapterRows(database);
    adapters.addFolder('/loras');
    expect(adapters.folders()).toEqual(['/loras']);
    expect(adapters.page(0)).toEqual([]);
    expect(await exists(`${file}.before-0002`)).toBe(true);
    database.close();
  });

  test('takes a failed migration back whole', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    (await openDatabase(file)).database.close();
    const torn = { version: newest + 1, name: 'torn', sql: 'CREATE TABLE half (a TEXT); CREATE TABLE nonsense (' };
    await expect(openDatabase(file, [...migrations, torn])).rejects.toMatchObject({ kind: 'storage' });
    const { database } = await openDatabase(file);
    expect(() => database.prepare('SELECT * FROM half')).toThrow(/no such table/);
    database.close();
  });

  test('keeps what was committed: WAL, and synced before a commit returns', async () => {
    const { database } = await openDatabase(join(temporaryFolder(), 'inkstone.db'));
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
    database.close();
  });

  test('takes a transaction back when its work throws', async () => {
    const { database } = await openDatabase(join(temporaryFolder(), 'inkstone.db'));
    const store = new PreferencesStore(database);
    expect(() =>
      database.transaction(() => {
        database.prepare('INSERT INTO preferences VALUES (?, ?)').run('theme', '"light"');
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(store.load()).toEqual(defaultPreferences);
    store.save({ theme: 'light' });
    expect(store.load().theme).toBe('light');
    database.close();
  });

  test('puts a file that is no database aside and begins anew', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    await writeFile(file, 'this was never a database, and is long enough to be looked at closely'.repeat(50));
    const { database, setAside } = await openDatabase(file);
    expect(setAside).toMatch(/inkstone\.db\.damaged-\d{4}-\d\d-\d\d-\d{6}$/);
    expect(await readFile(setAside ?? '', 'utf8')).toMatch(/^this was never/);
    expect(new PreferencesStore(database).load()).toEqual(defaultPreferences);
    database.close();
  });

  test('puts a damaged database aside and saves what can still be read', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    const first = await openDatabase(file);
    new PreferencesStore(first.database).save({ theme: 'light' });
    const big = first.database.prepare(`INSERT INTO step_times VALUES (?, 1, 1)`);
    first.database.transaction(() => {
      for (let k = 0; k < 2000; k += 1) big.run(`${k} ${'x'.repeat(300)}`);
    });
    first.database.close();
    const bytes = await readFile(file);
    // The last quarter holds step times; the first pages hold the schema and the preferences.
    await writeFile(file, bytes.fill(0xa5, Math.floor(bytes.length * 0.75)));

    const { database, setAside } = await openDatabase(file);
    expect(await exists(setAside ?? '')).toBe(true);
    expect(new PreferencesStore(database).load().theme).toBe('light');
    database.close();
  });

  test('is opened and written by two processes at once', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'inkstone.db');
    const script = join(folder, 'writer.ts');
    const module = (path: string) => JSON.stringify(join(process.cwd(), path));
    await writeFile(
      script,
      `import { openDatabase } from ${module('app/storage/database.ts')};
       const { database } = await openDatabase(${JSON.stringify(file)});
       const insert = database.prepare('INSERT INTO memory VALUES (?, ?)');
       for (let k = 0; k < 40; k += 1) insert.run(process.pid + ' ' + k, '1');
       database.close();`,
    );
    const bundled = join(folder, 'writer.mjs');
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    const { build } = await import('esbuild');
    await build({
      ...{ entryPoints: [script], outfile: bundled, bundle: true, format: 'esm', platform: 'node' },
      packages: 'external',
    });
    const exits = await Promise.all([run(bundled), run(bundled), run(bundled)]);
    expect(exits).toEqual(['', '', '']);
    const { database } = await openDatabase(file);
    expect(database.prepare('SELECT count(*) AS rows FROM memory').get()).toEqual({ rows: 120 });
    database.close();
  });

  test('tells what another process wrote from what this one did', async () => {
    const file = join(temporaryFolder(), 'inkstone.db');
    const { database } = await openDatabase(file);
    const other = (await openDatabase(file)).database;
    const insert = 'INSERT INTO memory VALUES (?, ?)';
    database.changedElsewhere();
    database.prepare(insert).run('ours', '1');
    expect(database.changedElsewhere()).toBe(false);
    other.prepare(insert).run('theirs', '1');
    expect(database.changedElsewhere()).toBe(true);
    expect(database.changedElsewhere()).toBe(false);
    other.close();
    database.close();
  });
});

/** What it wrote to stderr. */
function run(script: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    child.on('close', () => resolve(said));
  });
}
