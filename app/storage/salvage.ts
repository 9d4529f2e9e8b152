import { connect, type Connection } from './connection.js';
import type { Database } from './database.js';
import type { Row } from './rows.js';

/** What no file on the disk tells, first. Receipts and scores after the pictures they belong to, turns after their conversations. */
const tables = [
  ...(['preferences', 'models', 'adapter_folders', 'adapters', 'step_times'] as const),
  ...(['conversations', 'turns', 'answer_tokens', 'chat_presets'] as const),
  ...(['evaluations', 'evaluation_results', 'jobs', 'pictures', 'receipts', 'picture_scores'] as const),
];

/**
 * Take over what can still be read of a damaged database. Each table is read until the damage stops it; the gallery's
 * rest comes from the pictures themselves. Returns how many rows were saved.
 */
export async function salvage(damagedFile: string, into: Database): Promise<number> {
  let damaged: Connection;
  try {
    damaged = await connect(damagedFile, { readOnly: true });
  } catch {
    return 0;
  }
  try {
    let saved = 0;
    for (const table of tables) saved += copyRows(damaged, into, table);
    // The index of their words is made anew, at the studio's ease.
    into.prepare('UPDATE turns SET indexed = 0').run();
    // A picture that lost its receipt is read again from its file, as one that was never known.
    saved -= into.prepare('DELETE FROM pictures WHERE number NOT IN (SELECT number FROM receipts)').run();
    return saved;
  } finally {
    damaged.close();
  }
}

function copyRows(from: Connection, into: Database, table: (typeof tables)[number]): number {
  let saved = 0;
  try {
    for (const row of from.prepare(`SELECT * FROM ${table}`).iterate() as Iterable<Row>) {
      const columns = Object.keys(row).map((name) => `"${name}"`);
      const values = Object.values(row).map((value) =>
        typeof value === 'number' || typeof value === 'string' ? value : null,
      );
      const insert = `INSERT OR IGNORE INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`;
      try {
        saved += into.prepare(insert).run(...values);
      } catch {
        // This row does not fit (a receipt without its picture, a torn value); the next one may.
      }
    }
  } catch {
    // The damage begins here.
  }
  return saved;
}
