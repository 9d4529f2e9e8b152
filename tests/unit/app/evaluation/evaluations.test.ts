import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EvaluationProgress } from '../../../../app/contracts/evaluation.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import type { Notice } from '../../../../app/contracts/window.js';
import { Evaluations } from '../../../../app/evaluation/evaluations.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { temporaryFolder, until, type StepEngine } from '../test-parts.js';
import { evaluationEngine, evaluationParts, evaluationSettings, folder, folderOf } from './evaluation-parts.js';

const settings = { ...evaluationSettings, metrics: ['kid'] };

/** Runs on a real database. Opening others on the same home is a restart after a kill. */
async function openRuns(given: { root?: string; engine?: StepEngine } = {}) {
  const root = given.root ?? join(temporaryFolder(), 'home');
  const engine = given.engine ?? evaluationEngine();
  const home = homeAt(root);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const [progress, notices, changes]: [EvaluationProgress[], Notice[], string[]] = [[], [], []];
  const runs = new Evaluations({
    database,
    making: () => Promise.resolve(evaluationParts({ engine, home })),
    onChanged: (id) => changes.push(id),
    onProgress: (step) => progress.push(step),
    onNotice: (notice) => notices.push(notice),
    onRemoved: (id) => void rm(join(home.evaluations, id), { recursive: true, force: true }),
  });
  onTestFinished(() => runs.close());
  const stateOf = (id: string) => runs.get(id).run.state;
  const ended = (id: string) => until(() => !['waiting', 'running'].includes(stateOf(id)));
  return { root, engine, runs, progress, notices, changes, database, stateOf, ended };
}

/** Vectors come as fast as `gate` lets them. */
function held(engine: StepEngine) {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const embed = engine.embedPictures as (...all: never[]) => Promise<unknown>;
  let batches = 0;
  Object.assign(engine, {
    embedPictures: async (...all: never[]) => {
      batches += 1;
      if (batches > 1) await gate;
      return embed(...all);
    },
  });
  return { open, batches: () => batches };
}

describe('runs', () => {
  test('are on the disk before they are acknowledged, and their results with their end', async () => {
    const { runs, progress, ended, root } = await openRuns();
    runs.start();
    const run = runs.submit(settings);
    expect(run).toMatchObject({ name: 'generated', state: expect.stringMatching(/waiting|running/) as string });
    await ended(run.id);
    const { run: done, result } = runs.get(run.id);
    expect(done).toMatchObject({ state: 'done', error: null, verdict: result?.verdict });
    expect(done.finishedAt).toBeGreaterThanOrEqual(done.createdAt);
    expect(result?.metrics[0]?.id).toBe('kid');
    expect(progress.every(({ id }) => id === run.id)).toBe(true);
    expect(runs.files(run.id).generated['0']).toMatch(/01-rgb\.png$/);

    const later = await openRuns({ root });
    later.runs.start();
    expect(later.runs.list()).toEqual([done]);
    expect(later.runs.get(run.id).result).toEqual(result);
  });

  test('go one at a time, are named apart, renamed and removed', async () => {
    const { runs, ended, stateOf } = await openRuns();
    runs.start();
    const [first, second] = [runs.submit(settings), runs.submit(settings)];
    expect([first.name, second.name]).toEqual(['generated', 'generated (2)']);
    expect([stateOf(first.id), stateOf(second.id)]).toEqual(['running', 'waiting']);
    await ended(second.id);
    expect(runs.list().map(({ id }) => id)).toEqual([second.id, first.id]);
    runs.rename(first.id, 'Guidance 7');
    await runs.remove(second.id);
    expect(runs.list().map(({ name }) => name)).toEqual(['Guidance 7']);
    expect(() => runs.get(second.id)).toThrow(/not in the list any more/);
  });

  test('stop at once and go on from what was computed', async () => {
    const engine = evaluationEngine();
    const gate = held(engine);
    const { runs, ended, stateOf } = await openRuns({ engine });
    runs.start();
    const run = runs.submit(settings);
    await until(() => gate.batches() > 1);
    const stopping = runs.stop(run.id);
    gate.open();
    await stopping;
    expect(stateOf(run.id)).toBe('stopped');
    expect(runs.get(run.id).result).toBeNull();
    runs.resume(run.id);
    await ended(run.id);
    const { result } = runs.get(run.id);
    expect(result?.computed).toBeLessThan(20);
  });

  test('stop although the engine is in the middle of a long batch, and go on when it is through', async () => {
    const engine = evaluationEngine();
    const gate = held(engine);
    const { runs, ended, stateOf } = await openRuns({ engine });
    runs.start();
    const run = runs.submit(settings);
    await until(() => gate.batches() > 1);
    await runs.stop(run.id);
    expect(stateOf(run.id)).toBe('stopped');
    runs.resume(run.id);
    expect(stateOf(run.id)).toBe('waiting');
    gate.open();
    await ended(run.id);
    expect(stateOf(run.id)).toBe('done');
  });

  test('that closing cut off wait for the next start, and stopped ones stay stopped', async () => {
    const engine = evaluationEngine();
    const gate = held(engine);
    const { runs, root, stateOf } = await openRuns({ engine });
    runs.start();
    const [first, second] = [runs.submit(settings), runs.submit(settings)];
    await until(() => gate.batches() > 1);
    await runs.stop(second.id);
    const closing = runs.close();
    expect([stateOf(first.id), stateOf(second.id)]).toEqual(['waiting', 'stopped']);
    gate.open();
    await closing;
    const later = await openRuns({ root });
    later.runs.start();
    await later.ended(first.id);
    expect([later.stateOf(first.id), later.stateOf(second.id)]).toEqual(['done', 'stopped']);
  });

  test('that a crash of the studio cut off go on at the next start', async () => {
    const engine = evaluationEngine();
    const gate = held(engine);
    const { runs, root, stateOf } = await openRuns({ engine });
    runs.start();
    const run = runs.submit(settings);
    await until(() => gate.batches() > 1);
    expect(stateOf(run.id)).toBe('running'); // and then nothing more was heard of it
    const later = await openRuns({ root });
    later.runs.start();
    await later.ended(run.id);
    expect(later.runs.get(run.id).run.state).toBe('done');
    gate.open();
  });

  test('end for good when the studio ends with them again and again', async () => {
    const { database, runs, stateOf } = await openRuns();
    const run = runs.submit(settings);
    database.prepare(`UPDATE evaluations SET state = 'running', losses = 3`).run();
    runs.start();
    expect(stateOf(run.id)).toBe('failed');
    expect(runs.get(run.id).run.error?.message).toMatch(/^The studio ended again and again/);
  });

  test('survive a lost engine, and fail in one sentence when it is lost at the same picture each time', async () => {
    const engine = evaluationEngine();
    const embed = engine.embedPictures as (...all: never[]) => Promise<unknown>;
    let losses = 2;
    Object.assign(engine, {
      embedPictures: async (...all: never[]) => {
        if (losses > 0) {
          losses -= 1;
          throw new StudioError('engine-lost', 'The engine ended while it worked.');
        }
        return embed(...all);
      },
    });
    const { runs, ended } = await openRuns({ engine });
    runs.start();
    const first = runs.submit(settings);
    await ended(first.id);
    expect(runs.get(first.id).run.state).toBe('done');
    losses = Infinity;
    const second = runs.submit({ ...settings, generated: folder(await folderOf('formats', (name) => name)) });
    await ended(second.id);
    expect(runs.get(second.id).run).toMatchObject({ state: 'failed', error: { kind: 'engine-lost' } });
    expect(runs.get(second.id).run.error?.message).toMatch(/It was tried 4 times/);
  });

  test('that fail say why, and go on when it was mended', async () => {
    const { runs, ended } = await openRuns();
    runs.start();
    const run = runs.submit({ ...settings, metrics: ['clip'] });
    await ended(run.id);
    expect(runs.get(run.id).run).toMatchObject({ state: 'failed', error: { kind: 'bad-input' } });
    expect(runs.get(run.id).run.error).not.toHaveProperty('stack');
    expect(() => runs.done(run.id)).toThrow(/is not done yet/);
  });

  test('are compared by the other run’s own name', async () => {
    const { runs, ended } = await openRuns();
    runs.start();
    const first = runs.submit(settings);
    await ended(first.id);
    runs.rename(first.id, 'run-11');
    const second = runs.submit({ ...settings, against: first.id });
    await ended(second.id);
    const { run, result } = runs.get(second.id);
    expect(run.error).toBeNull();
    expect(result?.verdict).toMatch(/run-11/);
    expect(result?.metrics[0]?.against?.difference).toMatchObject({ value: 0, clear: false });
  });
});
