import { z } from 'zod';
import { errorMessage, type ErrorMessage } from '../contracts/errors.js';
import { generationSettings, jobState, type Job } from '../contracts/generation.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Database } from '../storage/database.js';
import { json, jsonOrNull, number, text, type Row } from '../storage/rows.js';

/**
 * The picture that a job is making. It is named on the disk before the first step, so that a life that was cut off
 * after saving the file and before the row can tell its file from a stranger's.
 */
const currentPicture = z.object({
  /** The gallery id it will have. */
  id: z.string(),
  /** Below home/pictures. */
  path: z.string(),
  /** Identity of the model's file when the first step was made: steps of two different files do not mix. */
  modelIdentity: z.string().nullable(),
  /** Identities of the adapters' files by their paths, for the same reason. */
  adapters: z.record(z.string(), z.string().nullable()).default({}),
});
export type CurrentPicture = z.infer<typeof currentPicture>;

export interface JobRow extends Job {
  readonly current: CurrentPicture | null;
  /** How often in a row the engine (or the whole studio) was lost with no step gained. */
  readonly losses: number;
}

export type JobRows = ReturnType<typeof jobRows>;

export function jobRows(database: Database) {
  const inOrder = `ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, place, created_at`;
  const all = database.prepare(`SELECT * FROM jobs ${inOrder}`);
  const one = database.prepare('SELECT * FROM jobs WHERE id = ?');
  const nextWaiting = database.prepare(`SELECT * FROM jobs WHERE state = 'waiting' ORDER BY place, created_at LIMIT 1`);
  const insert = database.prepare(`
    INSERT INTO jobs (id, state, place, settings, count, pictures, step, losses, created_at, notices)
    VALUES (?, 'waiting', (SELECT coalesce(max(place), 0) + 1 FROM jobs), ?, ?, '[]', 0, 0, ?, ?)`);
  const setState = database.prepare('UPDATE jobs SET state = ?, error = NULL WHERE id = ?');
  const setFailed = database.prepare(`UPDATE jobs SET state = 'failed', error = ? WHERE id = ?`);
  const toFront = database.prepare(`
    UPDATE jobs SET state = 'waiting', error = NULL, losses = ?,
      place = (SELECT coalesce(min(place), 0) - 1 FROM jobs) WHERE id = ?`);
  const setPlace = database.prepare('UPDATE jobs SET place = ? WHERE id = ?');
  const begin = database.prepare('UPDATE jobs SET current = ?, step = ? WHERE id = ?');
  const setStep = database.prepare('UPDATE jobs SET step = ?, losses = ? WHERE id = ?');
  const finishPicture = database.prepare(
    'UPDATE jobs SET pictures = ?, notices = ?, current = NULL, step = 0, losses = 0 WHERE id = ?',
  );
  const remove = database.prepare('DELETE FROM jobs WHERE id = ?');
  const get = (id: string): JobRow | null => {
    const row = one.get(id);
    return row === undefined ? null : readRow(row);
  };
  return {
    all: (): JobRow[] => all.all().map(readRow),
    get,
    /** Throws, in words for the person, when it is gone. */
    existing(id: string): JobRow {
      const job = get(id);
      if (job === null) throw new StudioError('not-found', 'This job is not in the queue any more.');
      return job;
    },
    nextWaiting(): JobRow | null {
      const row = nextWaiting.get();
      return row === undefined ? null : readRow(row);
    },
    add({ id, settings, count, createdAt, notices }: Pick<Job, 'id' | 'settings' | 'count' | 'createdAt' | 'notices'>) {
      insert.run(id, JSON.stringify(settings), count, createdAt, JSON.stringify(notices));
    },
    setState: (id: string, state: Job['state']) => setState.run(state, id),
    fail: (id: string, error: ErrorMessage) => setFailed.run(JSON.stringify(error), id),
    /** Waiting, before all others. */
    toFront: (id: string, losses: number) => toFront.run(losses, id),
    setPlace: (id: string, place: number) => setPlace.run(place, id),
    /** Null: the next life of the job names a new picture and starts it at its first step. */
    begin: (id: string, current: CurrentPicture | null, step: number) =>
      begin.run(current === null ? null : JSON.stringify(current), step, id),
    setStep: (id: string, step: number, losses: number) => setStep.run(step, losses, id),
    finishPicture: (id: string, pictures: readonly string[], notices: readonly string[]) =>
      finishPicture.run(JSON.stringify(pictures), JSON.stringify(notices), id),
    remove: (id: string) => remove.run(id),
  };
}

function readRow(row: Row): JobRow {
  return {
    id: text(row, 'id'),
    state: jobState.parse(row['state']),
    settings: json(row, 'settings', generationSettings),
    count: number(row, 'count'),
    pictures: json(row, 'pictures', z.array(z.string())),
    step: number(row, 'step'),
    createdAt: number(row, 'created_at'),
    notices: json(row, 'notices', z.array(z.string())),
    error: jsonOrNull(row, 'error', errorMessage),
    current: jsonOrNull(row, 'current', currentPicture),
    losses: number(row, 'losses'),
  };
}
