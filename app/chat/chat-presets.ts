import { randomUUID } from 'node:crypto';
import { chatPreset, type ChatPreset } from '../contracts/conversations.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { json, text, type Row } from '../storage/rows.js';
import { cleanLine, cleanText } from './clean-text.js';

/** What is to be kept; without an id it is a new one. */
export type PresetWish = Omit<ChatPreset, 'id'> & { readonly id?: string | undefined };

/** Ways of answering that a person keeps. */
export class ChatPresets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were first kept. */
  list(): ChatPreset[] {
    return this.#database.prepare('SELECT * FROM chat_presets ORDER BY number').all().map(readRow);
  }

  /** Refuses an empty name, and one that another preset has: they are chosen by name. */
  save({ id = randomUUID(), ...wish }: PresetWish): ChatPreset {
    const preset = { ...wish, id, name: cleanLine(wish.name), system: cleanText(wish.system) };
    if (preset.name === '') throw new StudioError('bad-input', 'A preset needs a name.');
    const same = (one: ChatPreset): boolean => one.name.toLowerCase() === preset.name.toLowerCase();
    if (this.list().some((one) => one.id !== id && same(one))) {
      throw new StudioError('bad-input', `There is a preset “${preset.name}” already: choose another name.`);
    }
    this.#database
      .prepare(
        `INSERT INTO chat_presets (id, name, system, sampling) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
         SET name = excluded.name, system = excluded.system, sampling = excluded.sampling`,
      )
      .run(id, preset.name, preset.system, JSON.stringify(preset.sampling));
    return preset;
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM chat_presets WHERE id = ?').run(id);
  }
}

const readRow = (row: Row): ChatPreset => ({
  id: text(row, 'id'),
  name: text(row, 'name'),
  system: text(row, 'system'),
  sampling: json(row, 'sampling', chatPreset.shape.sampling),
});
