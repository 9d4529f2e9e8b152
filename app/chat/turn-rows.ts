import { z } from 'zod';
import type { ChatToken } from '../contracts/chat.js';
import { answer, turn, type ChatAnswer, type Turn } from '../contracts/conversations.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { flag, json, jsonOrNull, number, text, textOrNull, type Row } from '../storage/rows.js';
import { keepToken, keptToken, readToken } from './kept-tokens.js';
import { foundIn, indexForm, type Search } from './search-words.js';

/** A turn as the database knows it. */
export interface TurnRow extends Turn {
  readonly number: number;
  /** Id of its conversation. */
  readonly conversation: string;
}

/** How an answer came about, without what the other columns say. */
const answerColumn = answer.omit({ state: true, hasTokens: true });
export type AnswerColumn = z.infer<typeof answerColumn>;

interface FoundTurn {
  readonly turn: string;
  /** The words, with some before and after. */
  readonly found: string;
}

export type TurnRows = ReturnType<typeof turnRows>;

const columns = `
  t.*, c.id AS conversation_id, p.id AS parent_id,
  EXISTS (SELECT 1 FROM answer_tokens k WHERE k.turn = t.number) AS has_tokens
  FROM turns t JOIN conversations c ON c.number = t.conversation LEFT JOIN turns p ON p.number = t.parent`;

export function turnRows(database: Database) {
  const one = database.prepare(`SELECT ${columns} WHERE t.id = ? AND c.deleted_at IS NULL`);
  const ofConversation = database.prepare(`SELECT ${columns} WHERE c.id = ? ORDER BY t.number`);
  const way = database.prepare(`
    WITH RECURSIVE way (number, parent) AS (
      SELECT number, parent FROM turns WHERE id = ?
      UNION ALL SELECT t.number, t.parent FROM turns t JOIN way ON t.number = way.parent)
    SELECT t.role, t.text FROM turns t WHERE t.number IN (SELECT number FROM way) ORDER BY t.number`);
  const followed = database.prepare(
    'SELECT 1 FROM turns WHERE parent = (SELECT number FROM turns WHERE id = ?) LIMIT 1',
  );
  const insert = database.prepare(`
    INSERT INTO turns (id, conversation, parent, role, text, created_at, state, answer, indexed)
    SELECT ?, c.number, (SELECT number FROM turns WHERE id = ?), ?, ?, ?, ?, ?, 0 FROM conversations c WHERE c.id = ?`);
  const setAnswer = database.prepare('UPDATE turns SET text = ?, state = ?, answer = ? WHERE id = ?');
  const addTokens = database.prepare(
    'INSERT INTO answer_tokens (turn, tokens) SELECT number, ? FROM turns WHERE id = ?',
  );
  const tokens = database.prepare(`
    SELECT k.tokens FROM answer_tokens k JOIN turns t ON t.number = k.turn WHERE t.id = ? ORDER BY k.number`);
  const lose = database.prepare(`UPDATE turns SET state = 'lost' WHERE state = 'running'`);
  const unindexed = database.prepare(
    `SELECT number, text FROM turns WHERE indexed = 0 AND state IS NOT 'running' LIMIT ?`,
  );
  const forget = database.prepare('DELETE FROM turn_words WHERE rowid = ?');
  const index = database.prepare('INSERT INTO turn_words (rowid, words) VALUES (?, ?)');
  const setIndexed = database.prepare('UPDATE turns SET indexed = ? WHERE number = ?');
  const numberOf = database.prepare('SELECT number, text, indexed FROM turns WHERE id = ?');

  const indexTurn = (turnNumber: number, words: string): void => {
    forget.run(turnNumber); // there already where a salvaged database says it is not
    index.run(turnNumber, indexForm(words));
    setIndexed.run(1, turnNumber);
  };
  const get = (id: string): TurnRow | null => {
    const row = one.get(id);
    return row === undefined ? null : readRow(row);
  };
  return {
    get,
    /** Throws, in words for the person, when it is gone. */
    existing(id: string): TurnRow {
      const row = get(id);
      if (row === null) throw new StudioError('not-found', 'This turn is not there any more.');
      return row;
    },
    /** In the order in which they were said: a turn comes after the one it follows. */
    ofConversation: (id: string): TurnRow[] => ofConversation.all(id).map(readRow),
    /** From the first turn to `id`. */
    way: (id: string): Pick<Turn, 'role' | 'text'>[] =>
      way.all(id).map((row) => ({ role: turn.shape.role.parse(row['role']), text: text(row, 'text') })),
    isFollowed: (id: string): boolean => followed.get(id) !== undefined,
    add(conversation: string, { id, parent, role, text: said, createdAt, answer: made }: Turn): void {
      const [state, column] = made === null ? [null, null] : [made.state, JSON.stringify(answerColumn.parse(made))];
      insert.run(id, parent, role, said, createdAt, state, column, conversation);
    },
    /** An answer as far as it got; what was there of it is in `said` too. */
    setAnswer(id: string, said: string, state: ChatAnswer['state'], made: AnswerColumn): void {
      setAnswer.run(said, state, JSON.stringify(answerColumn.parse(made)), id);
    },
    addTokens(id: string, added: readonly ChatToken[]): void {
      if (added.length > 0) addTokens.run(JSON.stringify(added.map(keepToken)), id);
    },
    tokens: (id: string): ChatToken[] =>
      tokens.all(id).flatMap((row) => json(row, 'tokens', z.array(keptToken)).map(readToken)),
    /** Answers that a studio which was cut off left unfinished. How many. */
    loseRunning: (): number => lose.run(),
    /** Its words can be found from now on; before it goes on, they are taken out again. */
    setFindable(id: string, findable: boolean): void {
      const row = numberOf.get(id);
      if (row === undefined) return;
      if (findable) return indexTurn(number(row, 'number'), text(row, 'text'));
      forget.run(number(row, 'number'));
      setIndexed.run(0, number(row, 'number'));
    },
    /** Index some of the turns that are not yet; how many were left to do. */
    indexSome(most: number): number {
      const rows = unindexed.all(most);
      if (rows.length === 0) return 0;
      database.transaction(() => {
        for (const row of rows) indexTurn(number(row, 'number'), text(row, 'text'));
      });
      return rows.length;
    },
    /** Of each conversation (by number) that has all the words in one turn: the last such turn, and their place in it. */
    search({ match, signs, words }: Search): Map<number, FoundTurn> {
      const conditions = [
        ...(match === null ? [] : ['t.number IN (SELECT rowid FROM turn_words WHERE turn_words MATCH ?)']),
        ...signs.map(() => 'instr(t.text, ?) > 0'),
      ];
      const rows = database.prepareLists(`
        SELECT t.conversation, t.id, substr(t.text, 1, 200000), max(t.number) FROM turns t
        WHERE ${conditions.join(' AND ')} GROUP BY t.conversation`);
      const found = rows(...(match === null ? [] : [match]), ...signs) as [number, string, string, number][];
      return new Map(
        found.map(([conversation, id, said]) => [conversation, { turn: id, found: foundIn(said, words) }]),
      );
    },
  };
}

function readRow(row: Row): TurnRow {
  const made = jsonOrNull(row, 'answer', answerColumn);
  return {
    number: number(row, 'number'),
    conversation: text(row, 'conversation_id'),
    id: text(row, 'id'),
    parent: textOrNull(row, 'parent_id'),
    role: turn.shape.role.parse(row['role']),
    text: text(row, 'text'),
    createdAt: number(row, 'created_at'),
    answer:
      made === null
        ? null
        : { ...made, state: answer.shape.state.parse(row['state']), hasTokens: flag(row, 'has_tokens') },
  };
}

/** Without what only the database needs. */
export function turnOf({ number: _number, conversation: _conversation, ...turn }: TurnRow): Turn {
  return turn;
}
