import type { z } from 'zod';
import type { Database } from './database.js';
import { parse, text } from './rows.js';

/** Small facts that outlive a run: a probe's answer, a rebuild that is not finished. */
export function memory(database: Database) {
  const get = database.prepare('SELECT value FROM memory WHERE key = ?');
  const put = database.prepare(
    'INSERT INTO memory (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return {
    /** Null when it was never kept, or kept in another form. */
    recall<T extends z.ZodType>(key: string, schema: T): z.output<T> | null {
      const row = get.get(key);
      const result = row === undefined ? null : schema.safeParse(parse(text(row, 'value')));
      return result?.success ? result.data : null;
    },
    keep: (key: string, value: unknown): void => void put.run(key, JSON.stringify(value)),
  };
}
export type Memory = ReturnType<typeof memory>;
