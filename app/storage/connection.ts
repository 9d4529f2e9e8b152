import type { DatabaseSyncInstance as Connection } from '@photostructure/sqlite';
import type { Row } from './rows.js';

export type { Connection };

/** How long a statement waits for another process that writes. */
const busyTimeoutMs = 5000;

/** The native module is loaded here, at the first need: a command that touches no library does not pay for it. */
export async function connect(file: string, options: { readOnly?: boolean } = {}): Promise<Connection> {
  const sqlite = await import('@photostructure/sqlite');
  const connection = new sqlite.DatabaseSync(file, { timeout: busyTimeoutMs, ...options });
  if (options.readOnly) return connection;
  try {
    // FULL: a commit is on the disk when it returns, also through a power cut (WAL's own default is not).
    await retryWhileBusy(() => connection.exec('PRAGMA journal_mode = WAL'));
    connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    // Cheap on what a studio holds (10,000 pictures: some 20 ms), and the only moment to find damage in time.
    const health = connection.prepare('PRAGMA quick_check(1)').get() as Row;
    if (health['quick_check'] !== 'ok') throw new DamagedDatabase(String(health['quick_check']));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Changing to WAL needs the file alone for a moment and does not wait by itself when two processes start at once. */
async function retryWhileBusy(act: () => void): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      act();
      return;
    } catch (error) {
      const busy = error instanceof Error && /locked|busy/i.test(error.message);
      if (!busy || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

class DamagedDatabase extends Error {
  /** As SQLite's own errors carry it: SQLITE_CORRUPT. */
  readonly sqliteCode = 11;
}
