import { conversationSettings, type ConversationSettings } from '../contracts/conversations.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { asFlag, flag, json, number, text, textOrNull, type Row } from '../storage/rows.js';

/** A conversation without its turns. */
export interface ConversationRow {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  /** A person chose the title. */
  readonly named: boolean;
  readonly settings: ConversationSettings;
  readonly shown: string | null;
  readonly draft: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface CountedConversation extends Pick<ConversationRow, 'number' | 'id' | 'title' | 'changedAt'> {
  readonly turns: number;
  readonly branches: number;
}

export type ConversationRows = ReturnType<typeof conversationRows>;

export function conversationRows(database: Database) {
  const one = database.prepare('SELECT * FROM conversations WHERE id = ? AND deleted_at IS NULL');
  // A branch ends in a turn that no other follows: there are as many as turns that are nobody's parent.
  const counted = database.prepareLists(`
    SELECT c.number, c.id, c.title, c.changed_at, coalesce(t.turns, 0), coalesce(t.turns - t.parents, 0)
    FROM conversations c
    LEFT JOIN (SELECT conversation, count(*) AS turns, count(DISTINCT parent) AS parents FROM turns GROUP BY conversation) t
      ON t.conversation = c.number
    WHERE c.deleted_at IS NULL ORDER BY c.changed_at DESC, c.number DESC`);
  const insert = database.prepare(`
    INSERT INTO conversations (id, title, named, settings, shown, created_at, changed_at) VALUES (?, ?, ?, ?, NULL, ?, ?)`);
  const setTitle = database.prepare('UPDATE conversations SET title = ?, named = ? WHERE id = ?');
  const setSettings = database.prepare('UPDATE conversations SET settings = ? WHERE id = ?');
  const setShown = database.prepare('UPDATE conversations SET shown = ? WHERE id = ?');
  const setDraft = database.prepare('UPDATE conversations SET draft = ? WHERE id = ?');
  const setChanged = database.prepare('UPDATE conversations SET changed_at = ? WHERE id = ?');
  const setDeleted = database.prepare('UPDATE conversations SET deleted_at = ? WHERE id = ?');
  const forgetWords = database.prepare(`
    DELETE FROM turn_words WHERE rowid IN (SELECT t.number FROM turns t
      JOIN conversations c ON c.number = t.conversation WHERE c.deleted_at IS NOT NULL AND t.indexed = 1)`);
  const removeDeleted = database.prepare('DELETE FROM conversations WHERE deleted_at IS NOT NULL');
  return {
    /** Throws, in words for the person, when it is gone. */
    existing(id: string): ConversationRow {
      const row = one.get(id);
      if (row === undefined) throw new StudioError('not-found', 'This conversation is not there any more.');
      return readRow(row);
    },
    /** The one that changed last comes first. */
    counted: (): CountedConversation[] =>
      counted().map((columns) => {
        const [number, id, title, changedAt, turns, leaves] = columns as [
          number,
          string,
          string,
          number,
          number,
          number,
        ];
        return { number, id, title, changedAt, turns, branches: Math.max(1, leaves) };
      }),
    add(row: Pick<ConversationRow, 'id' | 'title' | 'named' | 'settings' | 'createdAt'>): void {
      const { id, title, named, settings, createdAt } = row;
      insert.run(id, title, asFlag(named), JSON.stringify(settings), createdAt, createdAt);
    },
    setTitle: (id: string, title: string, named: boolean) => setTitle.run(title, asFlag(named), id),
    setSettings: (id: string, settings: ConversationSettings) => setSettings.run(JSON.stringify(settings), id),
    setShown: (id: string, turn: string | null) => setShown.run(turn, id),
    setDraft: (id: string, draft: string) => setDraft.run(draft, id),
    setChanged: (id: string, at: number) => setChanged.run(at, id),
    /** False for one that is not there. */
    setDeleted: (id: string, at: number | null): boolean => setDeleted.run(at, id) > 0,
    removeDeleted(): void {
      database.transaction(() => {
        forgetWords.run();
        removeDeleted.run();
      });
    },
  };
}

function readRow(row: Row): ConversationRow {
  return {
    number: number(row, 'number'),
    id: text(row, 'id'),
    title: text(row, 'title'),
    named: flag(row, 'named'),
    settings: json(row, 'settings', conversationSettings),
    shown: textOrNull(row, 'shown'),
    draft: text(row, 'draft'),
    createdAt: number(row, 'created_at'),
    changedAt: number(row, 'changed_at'),
  };
}
