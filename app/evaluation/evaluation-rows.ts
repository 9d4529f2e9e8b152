import { errorMessage, type ErrorMessage } from '../contracts/errors.js';
import {
  evaluationResult,
  evaluationSettings,
  evaluationState,
  type EvaluationResult,
  type EvaluationRun,
  type EvaluationSettings,
} from '../contracts/evaluation.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { json, jsonOrNull, number, numberOrNull, text, textOrNull, type Row } from '../storage/rows.js';
import { evaluationFiles, type EvaluationFiles } from './shown-files.js';

/** A run with what only its queue knows. */
export interface EvaluationRow extends EvaluationRun {
  /** How often in a row the engine (or the whole studio) was lost with nothing gained. */
  readonly losses: number;
}

export type EvaluationRows = ReturnType<typeof evaluationRows>;

export function evaluationRows(database: Database) {
  const all = database.prepare('SELECT * FROM evaluations ORDER BY number DESC');
  const one = database.prepare('SELECT * FROM evaluations WHERE id = ?');
  const nextWaiting = database.prepare(`SELECT * FROM evaluations WHERE state = 'waiting' ORDER BY number LIMIT 1`);
  const nameTaken = database.prepare('SELECT 1 FROM evaluations WHERE name = ?');
  const insert = database.prepare(`
    INSERT INTO evaluations (id, name, state, settings, losses, created_at) VALUES (?, ?, 'waiting', ?, 0, ?)`);
  const setState = database.prepare('UPDATE evaluations SET state = ?, error = NULL WHERE id = ?');
  const setLosses = database.prepare('UPDATE evaluations SET losses = ? WHERE id = ?');
  const fail = database.prepare(`UPDATE evaluations SET state = 'failed', error = ?, finished_at = ? WHERE id = ?`);
  const finish = database.prepare(
    `UPDATE evaluations SET state = 'done', error = NULL, losses = 0, finished_at = ?, verdict = ? WHERE id = ?`,
  );
  const rename = database.prepare('UPDATE evaluations SET name = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM evaluations WHERE id = ?');
  const putResult = database.prepare(`
    INSERT INTO evaluation_results (number, result, files) SELECT number, ?, ? FROM evaluations WHERE id = ?
    ON CONFLICT DO UPDATE SET result = excluded.result, files = excluded.files`);
  const result = database.prepare(
    'SELECT r.result FROM evaluation_results r JOIN evaluations e ON e.number = r.number WHERE e.id = ?',
  );
  const files = database.prepare(
    'SELECT r.files FROM evaluation_results r JOIN evaluations e ON e.number = r.number WHERE e.id = ?',
  );
  const get = (id: string): EvaluationRow | null => {
    const row = one.get(id);
    return row === undefined ? null : readRow(row);
  };
  return {
    /** Newest first. */
    all: (): EvaluationRow[] => all.all().map(readRow),
    get,
    /** Throws, in words for the person, when it is gone. */
    existing(id: string): EvaluationRow {
      const run = get(id);
      if (run === null) throw new StudioError('not-found', 'This evaluation is not in the list any more.');
      return run;
    },
    nextWaiting(): EvaluationRow | null {
      const row = nextWaiting.get();
      return row === undefined ? null : readRow(row);
    },
    nameTaken: (name: string): boolean => nameTaken.get(name) !== undefined,
    add(id: string, name: string, settings: EvaluationSettings, createdAt: number): void {
      insert.run(id, name, JSON.stringify(settings), createdAt);
    },
    setState: (id: string, state: EvaluationRun['state']) => setState.run(state, id),
    setLosses: (id: string, losses: number) => setLosses.run(losses, id),
    fail: (id: string, error: ErrorMessage, at: number) => fail.run(JSON.stringify(error), at, id),
    /** To be called in a transaction: the result is there when the run is done, or neither is. */
    finish(id: string, made: EvaluationResult, shown: EvaluationFiles, at: number): void {
      putResult.run(JSON.stringify(made), JSON.stringify(shown), id);
      finish.run(at, made.verdict, id);
    },
    rename: (id: string, name: string) => rename.run(name, id),
    remove: (id: string) => remove.run(id),
    /** Null until it is done. */
    result(id: string): EvaluationResult | null {
      const row = result.get(id);
      return row === undefined ? null : json(row, 'result', evaluationResult);
    },
    /** Of the pictures that its result shows. */
    files(id: string): EvaluationFiles | null {
      const row = files.get(id);
      return row === undefined ? null : json(row, 'files', evaluationFiles);
    },
  };
}

function readRow(row: Row): EvaluationRow {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    state: evaluationState.parse(row['state']),
    settings: json(row, 'settings', evaluationSettings),
    createdAt: number(row, 'created_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
    error: jsonOrNull(row, 'error', errorMessage),
    verdict: textOrNull(row, 'verdict'),
    losses: number(row, 'losses'),
  };
}
