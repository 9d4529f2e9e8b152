import { defaultPreferences, preferences, type Preferences } from '../contracts/preferences.js';
import type { Database } from '../storage/database.js';
import { parse, text } from '../storage/rows.js';

type Field = keyof Preferences;
const fields = Object.keys(preferences.shape) as Field[];

/** A change of some fields; one that is not named stays as it is. */
export type PreferencesChange = { readonly [K in Field]?: Preferences[K] | undefined };

/** Older prompts are forgotten. */
const longestHistory = 200;

/**
 * How the person likes it, a row a field. Fields that this version does not know are kept for the newer version that
 * wrote them, also those inside `draft`; a value that it does not understand reads as the default, and stays until it
 * is changed here.
 */
export class PreferencesStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(): Preferences {
    const stored = this.#stored();
    const read = <K extends Field>(field: K): Preferences[K] => {
      const result = preferences.shape[field].safeParse(stored.get(field));
      return (result.success ? result.data : defaultPreferences[field]) as Preferences[K];
    };
    return Object.fromEntries(fields.map((field) => [field, read(field)])) as Preferences;
  }

  save(change: PreferencesChange): Preferences {
    const put = this.#database.prepare(
      'INSERT INTO preferences (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.#database.transaction(() => {
      const stored = this.#stored();
      for (const field of fields) {
        const value = change[field];
        if (value === undefined) continue;
        put.run(
          field,
          JSON.stringify(field === 'draft' ? { ...unknownDraft(stored.get('draft')), ...change.draft } : value),
        );
      }
    });
    return this.load();
  }

  rememberPrompt(prompt: string): void {
    if (prompt.trim() === '') return;
    const history = this.load().promptHistory.filter((each) => each !== prompt);
    this.save({ promptHistory: [prompt, ...history].slice(0, longestHistory) });
  }

  #stored(): Map<string, unknown> {
    const rows = this.#database.prepare('SELECT key, value FROM preferences').all();
    return new Map(rows.map((row) => [text(row, 'key'), parse(text(row, 'value'))]));
  }
}

/** What a newer version keeps in the draft. Known fields are not carried over: left out means back to the default. */
function unknownDraft(stored: unknown): Record<string, unknown> {
  if (typeof stored !== 'object' || stored === null) return {};
  const known = preferences.shape.draft.shape;
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !(name in known)));
}
