import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../../../app/contracts/generation.js';
import type { Worker } from '../../../../app/contracts/worker.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt } from '../../../../app/storage/home.js';
import { exists, makeModel, makePlace, settings, until, workerInProcess } from '../test-parts.js';
import { holdBefore, openQueue } from './queue-parts.js';

describe('GenerationQueue', () => {
  test('makes a picture: file, row, receipt, thumbnail, and no checkpoint left', async () => {
    const { queue, idle, pictures, home, added, checkpoints, worker, gallery } = await openQueue();
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    const [picture] = pictures();
    expect(picture).toMatchObject({
      ...{ width: 16, height: 16, title: 'a red heart', binnedAt: null, missing: false },
      receipt: {
        settings,
        inkstone: '0.1.0',
        onnxruntime: '1.30.0',
        device: 'cpu',
        model: { name: 'Inkstone pictures' },
      },
    });
    expect(added.map(({ id }) => id)).toEqual([picture?.id]);
    expect(picture?.path).toMatch(/pictures\/\d{4}-\d\d-\d\d\/7-a-red-heart\.png$/);
    const file = await worker.readPicture({ path: picture?.path ?? '' });
    expect(file.text.map(({ keyword }) => keyword)).toEqual(['parameters', 'inkstone']);
    expect(file.text[0]?.text).toMatch(
      /^a red heart\nSteps: 4, Sampler: DDIM, Schedule type: Normal, CFG scale: 2.5, Seed: 7/,
    );
    expect(await exists(gallery.thumbnailOf(picture?.id ?? ''))).toBe(true);
    expect(await checkpoints()).toEqual([]);
    expect(await readdir(home.pictures)).toHaveLength(1);
  });

  test('makes K pictures with seeds S + k, each in the gallery as soon as it is done', async () => {
    const { queue, engine, idle, pictures, latest } = await openQueue();
    const hold = holdBefore(engine, 4);
    await queue.start();
    await queue.submit(settings, 3);
    await hold.reached;
    expect(pictures()).toHaveLength(0);
    engine.beforeStep = () => Promise.resolve();
    hold.release();
    await idle();
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([7, 8, 9]);
    expect(latest().jobs).toEqual([]);
  });

  test('acknowledges a job when it is on the disk, before anything ran', async () => {
    const { queue, place } = await openQueue();
    const job = await queue.submit({ ...settings, width: 15 }, 2);
    expect(job).toMatchObject({
      state: 'waiting',
      count: 2,
      notices: ['Size set to 16 × 16: sides are multiples of 8.'],
    });
    const { database } = await openDatabase(homeAt(place.home).database);
    expect(database.prepare('SELECT id FROM jobs').all()).toEqual([{ id: job.id }]);
  });

  test('refuses an unknown sampler and a model that is gone, and stays empty', async () => {
    const { queue } = await openQueue();
    await expect(queue.submit({ ...settings, sampler: 'no-such-sampler' }, 1)).rejects.toMatchObject({
      kind: 'bad-input',
    });
    await expect(queue.submit({ ...settings, model: 'gone' }, 1)).rejects.toMatchObject({ kind: 'not-found' });
    expect(queue.queue().jobs).toEqual([]);
  });

  test('tells every step, and the seconds left from the second step on', async () => {
    const { queue, engine, idle, progress } = await openQueue();
    engine.beforeStep = () => new Promise((resolve) => setTimeout(resolve, 5));
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    expect(progress.map(({ phase, step }) => `${phase} ${step}`)).toEqual([
      ...['loading 0', 'denoising 1', 'denoising 2', 'denoising 3', 'denoising 4', 'decoding 4', 'saving 4'],
    ]);
    const left = progress.filter(({ phase }) => phase === 'denoising').map(({ secondsLeft }) => secondsLeft);
    expect(left[0]).toBeNull();
    expect(left[1]).toBeGreaterThan(left[2] ?? Infinity);
    expect(left[3]).toBeLessThan(0.01);
  });

  test('knows how long a queue takes once a picture of that kind was measured', async () => {
    const { queue, engine, idle } = await openQueue();
    engine.beforeStep = () => new Promise((resolve) => setTimeout(resolve, 5));
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    const hold = holdBefore(engine, 1);
    await queue.submit(settings, 10);
    await hold.reached;
    expect(queue.queue().secondsLeft).toBeGreaterThan(10 * 4 * 0.004);
    await queue.submit({ ...settings, width: 64 }, 1);
    expect(queue.queue().secondsLeft).toBeNull();
    hold.release();
  });
});

describe('stopping, going on, moving, removing', () => {
  test('a stopped job keeps its step and goes on from it', async () => {
    const { queue, engine, pictures, idle, checkpoints } = await openQueue();
    const hold = holdBefore(engine, 3);
    await queue.start();
    const job = await queue.submit(settings, 1);
    await hold.reached;
    const stopped = queue.stop(job.id);
    hold.release();
    await stopped;
    expect(queue.queue().jobs).toMatchObject([{ state: 'stopped', step: 2, error: null }]);
    expect(await checkpoints()).toEqual([`${job.id}-0.safetensors`]);
    await queue.resume(job.id);
    await idle();
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 2]);
    expect(pictures()).toHaveLength(1);
  });

  test('the next job runs while one stands still, and the one that goes on is before the waiting ones', async () => {
    const { queue, engine, pictures, idle } = await openQueue();
    const hold = holdBefore(engine, 1);
    await queue.start();
    const first = await queue.submit({ ...settings, seed: 1 }, 1);
    await hold.reached;
    await queue.submit({ ...settings, seed: 2 }, 1);
    const third = await queue.submit({ ...settings, seed: 3 }, 1);
    await queue.stop(third.id);
    await queue.submit({ ...settings, seed: 4 }, 1);
    await queue.resume(third.id);
    expect(queue.queue().jobs.map((job) => [job.settings.seed, job.state])).toEqual([
      ...[
        [1, 'running'],
        [3, 'waiting'],
        [2, 'waiting'],
        [4, 'waiting'],
      ],
    ]);
    const removed = queue.remove(first.id);
    hold.release();
    await removed;
    await idle();
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([3, 2, 4]);
  });

  test('a waiting job moves to a place among the waiting ones', async () => {
    const { queue } = await openQueue();
    const ids: string[] = [];
    for (const seed of [0, 1, 2]) ids.push((await queue.submit({ ...settings, seed }, 1)).id);
    queue.move(ids[2] ?? '', 0);
    const order = () => queue.queue().jobs.map((job) => job.settings.seed);
    expect(order()).toEqual([2, 0, 1]);
    queue.move(ids[2] ?? '', 99);
    expect(order()).toEqual([0, 1, 2]);
    expect(() => queue.move('gone', 0)).toThrow('not in the queue any more');
  });

  test('a removed job leaves no checkpoint, and its finished pictures stay', async () => {
    const { queue, engine, pictures, checkpoints, added } = await openQueue();
    await queue.start();
    const job = await queue.submit(settings, 5);
    await until(() => added.length === 1);
    const hold = holdBefore(engine, 3);
    await hold.reached;
    const removed = queue.remove(job.id);
    hold.release();
    await removed;
    expect(queue.queue().jobs).toEqual([]);
    expect(await checkpoints()).toEqual([]);
    expect(pictures().length).toBeGreaterThanOrEqual(1);
  });
});

describe('a lost engine', () => {
  test('is told in one sentence, and the picture goes on from its step', async () => {
    const { queue, engine, idle, notices, pictures } = await openQueue();
    engine.fates.push({ atStep: 3, kind: 'engine-lost' });
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    expect(notices.map(({ text, action }) => [text, action])).toEqual([
      ['The engine stopped at step 3; it is back, and the step is saved. Going on from step 3.', null],
    ]);
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 3]);
    expect(pictures()).toHaveLength(1);
  });

  test('is tried three times without a step gained, then the job fails and can go on', async () => {
    const { queue, engine, idle, notices, pictures } = await openQueue();
    for (let k = 0; k < 4; k += 1) engine.fates.push({ atStep: 2, kind: 'engine-lost' });
    await queue.start();
    const job = await queue.submit(settings, 1);
    const next = await queue.submit({ ...settings, seed: 8 }, 1);
    await idle();
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 2, 2, 2, 0]);
    expect(queue.queue().jobs).toMatchObject([
      { id: job.id, state: 'failed', step: 2, error: { kind: 'engine-lost' } },
    ]);
    expect(notices.at(-1)).toMatchObject({
      tone: 'bad',
      action: { do: 'resume-job', label: 'Go on from step 2', jobId: job.id },
    });
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([next.settings.seed]);

    await queue.resume(job.id);
    await idle();
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([8, 7]);
  });

  test('is told honestly when the last step was not saved, and steps made again are no gain', async () => {
    const { queue, engine, idle, notices } = await openQueue();
    engine.savesEvery = 3;
    for (let k = 0; k < 4; k += 1) engine.fates.push({ atStep: 5, kind: 'engine-lost' });
    await queue.start();
    await queue.submit({ ...settings, steps: 6 }, 1);
    await idle();
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 3, 3, 3]);
    expect(notices.map(({ text }) => text)).toEqual([
      ...Array.from(
        { length: 3 },
        () => 'The engine stopped at step 5; it is back, and step 3 is saved. Going on from step 3.',
      ),
      'The engine stopped again and again at step 5; step 3 is saved. A smaller picture or another device may help.',
    ]);
  });

  test('while decoding costs no step', async () => {
    const { queue, engine, idle, notices, pictures } = await openQueue();
    engine.fates.push({ atStep: 4, kind: 'engine-lost' });
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    expect(notices.map(({ text }) => text)).toEqual([
      'The engine stopped at step 4; it is back, and the step is saved. Going on from step 4.',
    ]);
    expect(pictures()).toHaveLength(1);
  });

  test('may be lost at every step, as long as each life gains one', async () => {
    const { queue, engine, idle, pictures } = await openQueue();
    for (let step = 1; step <= 10; step += 1) engine.fates.push({ atStep: step, kind: 'engine-lost' });
    await queue.start();
    await queue.submit({ ...settings, steps: 12 }, 1);
    await idle();
    expect(pictures()).toHaveLength(1);
  });
});

describe('errors', () => {
  test('fail the job with their sentence, and the queue goes on', async () => {
    const { queue, engine, idle, pictures } = await openQueue();
    engine.fates.push({ atStep: 1, kind: 'bad-file', file: '/models/unet.safetensors' });
    await queue.start();
    await queue.submit(settings, 1);
    await queue.submit({ ...settings, seed: 8 }, 1);
    await idle();
    expect(queue.queue().jobs).toMatchObject([
      {
        state: 'failed',
        error: { kind: 'bad-file', message: 'The engine said no.', file: '/models/unet.safetensors' },
      },
    ]);
    expect(queue.queue().jobs[0]?.error).not.toHaveProperty('stack');
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([8]);
  });

  test('out of memory is told in the words of the page, with the step to go on from', async () => {
    const { queue, engine, idle, notices } = await openQueue();
    engine.fates.push({ atStep: 2, kind: 'out-of-memory' });
    await queue.start();
    await queue.submit(settings, 1);
    await idle();
    expect(notices).toMatchObject([
      {
        text: 'The engine ran out of memory at step 2; it is back, and the step is saved.',
        action: { label: 'Go on from step 2' },
      },
    ]);
  });

  test('a checkpoint that cannot be read starts the picture again', async () => {
    const { queue, engine, idle, notices, pictures, home } = await openQueue();
    const hold = holdBefore(engine, 3);
    await queue.start();
    const job = await queue.submit(settings, 1);
    await hold.reached;
    const stopped = queue.stop(job.id);
    hold.release();
    await stopped;
    engine.fates.push({ atStep: 2, kind: 'bad-file', file: join(home.checkpoints, `${job.id}-0.safetensors`) });
    await queue.resume(job.id);
    await idle();
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 2, 0]);
    expect(notices[0]?.text).toBe(
      'The saved step of this picture cannot be read; the picture starts again from its first step.',
    );
    expect(pictures()).toHaveLength(1);
  });

  test('steps of a changed model are not mixed with those of the old one', async () => {
    const { queue, engine, idle, place, pictures } = await openQueue();
    const hold = holdBefore(engine, 3);
    await queue.start();
    const job = await queue.submit(settings, 1);
    await hold.reached;
    const stopped = queue.stop(job.id);
    hold.release();
    await stopped;
    await makeModel(join(place.embeddedModels, 'pictures'), { name: 'Inkstone pictures' }, 'other weights');
    await queue.resume(job.id);
    await idle();
    expect(queue.queue().jobs).toMatchObject([{ state: 'failed', error: { kind: 'file-changed' } }]);
    expect(queue.queue().jobs[0]?.error?.message).toMatch(/^weights\.bin changed while it was in use/);
    await queue.resume(job.id);
    await idle();
    expect(engine.calls.at(-1)?.from).toBe(0);
    expect(pictures()).toHaveLength(1);
  });

  test('a picture made across a change of its model says so', async () => {
    const { queue, engine, idle, place, pictures } = await openQueue();
    const hold = holdBefore(engine, 3);
    await queue.start();
    await queue.submit(settings, 1);
    await hold.reached;
    await writeFile(join(place.embeddedModels, 'pictures', 'weights.bin'), 'other weights');
    hold.release();
    await idle();
    expect(pictures()[0]?.receipt.notices).toEqual([
      'weights.bin changed while this picture was made: it may mix both.',
    ]);
  });
});

describe('after a kill', () => {
  /** A queue that hangs for ever at one place: what a kill leaves behind is what the next one finds. */
  const hangsAt = (change: (worker: Worker) => Partial<Worker>): Worker => {
    const worker = workerInProcess();
    return { ...worker, ...change(worker) };
  };
  const forEver = new Promise<never>(() => undefined);

  test('in the middle of a picture, it goes on from its step by itself', async () => {
    const first = await openQueue();
    const hold = holdBefore(first.engine, 3);
    await first.queue.start();
    await first.queue.submit(settings, 2);
    await first.queue.submit({ ...settings, seed: 20 }, 1);
    await hold.reached;

    const second = await openQueue({ place: first.place });
    await second.queue.start();
    await second.idle();
    expect(second.engine.calls.map(({ request, from }) => [request.seed, from])).toEqual([
      [7, 2],
      [8, 0],
      [20, 0],
    ]);
    expect(second.pictures()).toHaveLength(3);
    hold.release();
  });

  test('after the file was saved and before its row: the file is taken in, not made again', async () => {
    let saved = '';
    const worker = hangsAt((real) => ({
      savePicture: async (request) => {
        await real.savePicture(request);
        saved = request.path;
        return forEver;
      },
    }));
    const first = await openQueue({ worker, hangs: true });
    await first.queue.start();
    await first.queue.submit(settings, 1);
    await until(() => saved !== '');

    const second = await openQueue({ place: first.place });
    await second.queue.start();
    await second.idle();
    expect(second.engine.calls).toEqual([]);
    expect(second.pictures().map(({ path }) => path)).toEqual([saved]);
    expect(second.pictures()[0]?.receipt.settings).toEqual(settings);
    expect(await second.checkpoints()).toEqual([]);
    expect(await readdir(dirname(saved))).toHaveLength(1);
  });

  test('after the row and before its checkpoint was deleted: the checkpoint is swept away', async () => {
    const first = await openQueue();
    await first.queue.start();
    const job = await first.queue.submit(settings, 2);
    await until(() => first.added.length === 1);
    await first.idle();
    for (const name of [`${job.id}-0.safetensors`, 'half.part'])
      await writeFile(join(first.home.checkpoints, name), '4');

    const second = await openQueue({ place: first.place });
    await second.queue.start();
    expect(await second.checkpoints()).toEqual([]);
    expect(second.pictures()).toHaveLength(2);
  });

  test('a stranger’s file under the promised name is left alone', async () => {
    let path = '';
    const worker = hangsAt(() => ({
      savePicture: (request) => {
        path = request.path;
        return forEver;
      },
    }));
    const first = await openQueue({ worker, hangs: true });
    await first.queue.start();
    await first.queue.submit(settings, 1);
    await until(() => path !== '');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'mine');

    const second = await openQueue({ place: first.place });
    await second.queue.start();
    await second.idle();
    expect(second.engine.calls.map(({ from }) => from)).toEqual([4]);
    expect(second.pictures().map((picture) => picture.path)).toEqual([path.replace('.png', '-2.png')]);
  });

  test('a picture that ends the studio each time is not tried for ever', async () => {
    const place = await makePlace();
    let calls = 0;
    for (let life = 0; life < 5; life += 1) {
      const { queue, engine } = await openQueue({ place, hangs: true });
      engine.beforeStep = () => forEver;
      if (life === 0) await queue.submit(settings, 1);
      await queue.start();
      await until(() => engine.calls.length > 0 || queue.queue().jobs[0]?.state === 'failed');
      calls += engine.calls.length;
    }
    expect(calls).toBe(4);
  });

  test('closing in order keeps the step, and counts as no loss', async () => {
    const place = await makePlace();
    let job: Job | null = null;
    for (let life = 0; life < 6; life += 1) {
      const { queue, engine } = await openQueue({ place });
      const hold = holdBefore(engine, 3);
      job ??= await queue.submit(settings, 1);
      await queue.start();
      await hold.reached;
      expect(engine.calls[0]?.from).toBe(life === 0 ? 0 : 2);
      const closed = queue.close();
      hold.release();
      await closed;
    }
    const last = await openQueue({ place });
    expect(last.queue.queue().jobs).toMatchObject([{ id: job?.id, state: 'waiting', step: 2 }]);
  });
});
