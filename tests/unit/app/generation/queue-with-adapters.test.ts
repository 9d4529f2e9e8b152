import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { readOwnMetadata, readParametersText } from '../../../../app/gallery/picture-metadata.js';
import { settings, until } from '../test-parts.js';
import { holdBefore, openQueue } from './queue-parts.js';

const row = (name: string, weight = 1, textWeight = weight) => ({ adapter: `id-of-${name}`, weight, textWeight });
const inked = { ...settings, adapters: [row('flat-ink', 0.6, 0.8)] };

async function openWithAdapters(...names: string[]) {
  const opened = await openQueue();
  for (const name of names) await opened.shelf.add(name);
  return { ...opened, fileOf: (name: string) => opened.shelf.adapters.find((each) => each.name === name)?.path ?? '' };
}

describe('a job', () => {
  test('with adapters tells the engine files and a prompt without tags, and writes who was on into the picture', async () => {
    const { queue, engine, idle, pictures, worker, shelf, fileOf } = await openWithAdapters('flat-ink', 'paper-grain');
    const prompt = 'a red heart <lora:paper-grain:-0.5>';
    await queue.start();
    await queue.submit({ ...inked, prompt }, 1);
    await idle();
    expect(engine.calls[0]?.request).toMatchObject({
      ...{ prompt: 'a red heart ', apply: 'auto' },
      adapters: [
        { file: fileOf('flat-ink'), weight: 0.6, textWeight: 0.8 },
        { file: fileOf('paper-grain'), weight: -0.5, textWeight: -0.5 },
      ],
    });
    const [picture] = pictures();
    expect(picture?.receipt).toMatchObject({
      settings: { prompt, adapters: inked.adapters },
      adapters: [
        { name: 'flat-ink', weight: 0.6, textWeight: 0.8, fromPrompt: false, how: 'live', receipt: { matched: 264 } },
        { name: 'paper-grain', weight: -0.5, textWeight: -0.5, fromPrompt: true, how: 'live' },
      ],
    });
    expect(shelf.told).toEqual([{ ids: ['id-of-flat-ink', 'id-of-paper-grain'], path: picture?.path }]);
    const { text } = await worker.readPicture({ path: picture?.path ?? '' });
    expect(readOwnMetadata(text)?.adapters).toHaveLength(2);
    expect(readParametersText(text)).toMatch(
      /^a red heart <lora:paper-grain:-0\.5> <lora:flat-ink:0\.8:0\.6>\nSteps: .*, Lora hashes: "paper-grain: [0-9a-f]{12}, flat-ink: [0-9a-f]{12}", Version: Inkstone 0\.1\.0$/,
    );
  });

  test('is refused when it is submitted: an unknown name, a broken strength, another base', async () => {
    const { queue, shelf } = await openWithAdapters('flat-ink');
    await shelf.add('red-paper', { base: 'sdxl', fits: false, matched: 0, total: 722 });
    const submit = (change: Partial<typeof settings>) => queue.submit({ ...settings, ...change }, 1);
    await expect(submit({ prompt: '<lora:flat:1>' })).rejects.toThrow('There is no adapter named “flat” on the shelf');
    await expect(submit({ prompt: '<lora:flat-ink:x>' })).rejects.toMatchObject({ kind: 'bad-input' });
    await expect(submit({ adapters: [row('red-paper')] })).rejects.toMatchObject({
      ...{ kind: 'unfit-model' },
      message: 'red-paper was made for SDXL; 0 of 722 layers match Inkstone pictures. It is not applied.',
    });
    await expect(submit({ adapters: [row('unheard-of')] })).rejects.toMatchObject({ kind: 'not-found' });
    expect(queue.queue().jobs).toEqual([]);
  });

  test('says at once what runs in part, and once in the picture', async () => {
    const { queue, engine, idle, pictures, shelf } = await openWithAdapters();
    engine.notices = ['Another sentence.'];
    const blocks = [{ name: 'Up 3', matched: 250, total: 264, norm: 1 }];
    await shelf.add('paper-grain', { matched: 250, blocks });
    const notices = ['paper-grain: 250 of 264 layers match; 14 in Up 3 do not. It runs without them.'];
    await queue.start();
    expect(await queue.submit({ ...settings, adapters: [row('paper-grain')] }, 1)).toMatchObject({ notices });
    await idle();
    expect(pictures()[0]?.receipt.notices).toEqual([...notices, 'Another sentence.']);
  });

  test('fails in one sentence when a file of it is deleted in between; what is done stays and the next job goes on', async () => {
    const { queue, engine, idle, pictures, fileOf } = await openWithAdapters('flat-ink', 'paper-grain');
    const hold = holdBefore(engine, 3);
    await queue.start();
    const job = await queue.submit(inked, 2);
    await queue.submit({ ...settings, seed: 20, adapters: [row('paper-grain')] }, 1);
    await hold.reached;
    await rm(fileOf('flat-ink'));
    hold.release();
    await idle();
    expect(queue.queue().jobs).toMatchObject([
      {
        ...{ id: job.id, state: 'failed', pictures: [expect.any(String)] },
        error: { kind: 'missing-file', message: 'flat-ink is gone from the disk.', file: fileOf('flat-ink') },
      },
    ]);
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([7, 20]);
    // The first was made across the deletion.
    expect(pictures()[0]?.receipt.notices).toEqual([
      'flat-ink.safetensors changed while this picture was made: it may mix both.',
    ]);

    await writeFile(fileOf('flat-ink'), 'put back');
    await queue.resume(job.id);
    await idle();
    expect(pictures().map(({ receipt }) => receipt.settings.seed)).toEqual([7, 20, 8]);
  });

  test('does not mix steps of a changed adapter with those of the old one', async () => {
    const { queue, engine, idle, pictures, fileOf } = await openWithAdapters('flat-ink');
    const hold = holdBefore(engine, 3);
    await queue.start();
    const job = await queue.submit(inked, 1);
    await hold.reached;
    const stopped = queue.stop(job.id);
    hold.release();
    await stopped;
    await writeFile(fileOf('flat-ink'), 'another adapter');
    await queue.resume(job.id);
    await idle();
    expect(queue.queue().jobs).toMatchObject([
      { state: 'failed', error: { kind: 'file-changed', file: fileOf('flat-ink') } },
    ]);
    expect(queue.queue().jobs[0]?.error?.message).toMatch(/^flat-ink\.safetensors changed while it was in use/);
    await queue.resume(job.id);
    await idle();
    expect(engine.calls.map(({ from }) => from)).toEqual([0, 0]);
    expect(pictures()).toHaveLength(1);
  });

  test('goes on after a kill with the same adapters', async () => {
    const first = await openWithAdapters('flat-ink');
    const hold = holdBefore(first.engine, 3);
    await first.queue.start();
    await first.queue.submit(inked, 1);
    await hold.reached;
    const second = await openQueue({ place: first.place, shelf: first.shelf });
    await second.queue.start();
    await second.idle();
    expect(second.engine.calls.map(({ request, from }) => [request.adapters, from])).toEqual([
      [first.engine.calls[0]?.request.adapters, 2],
    ]);
    hold.release();
  });

  test('is done although the shelf cannot remember it; that is told', async () => {
    const { queue, idle, pictures, notices, shelf, latest } = await openWithAdapters('flat-ink');
    shelf.used = () => Promise.reject(new StudioError('storage', 'The disk is full.'));
    await queue.start();
    await queue.submit(inked, 1);
    await idle();
    await until(() => notices.length > 0);
    expect(notices).toMatchObject([{ tone: 'warn', text: 'The disk is full.' }]);
    expect(pictures()).toHaveLength(1);
    expect(latest().jobs).toEqual([]);
  });

  test('has times of its own: they tell nothing of pictures without adapters', async () => {
    const { queue, engine, idle } = await openWithAdapters('flat-ink');
    engine.beforeStep = () => new Promise((resolve) => setTimeout(resolve, 2));
    await queue.start();
    await queue.submit(inked, 1);
    await idle();
    const hold = holdBefore(engine, 1);
    await queue.submit({ ...settings, prompt: 'a <lora:flat-ink:1>' }, 1);
    await hold.reached;
    expect(queue.queue().secondsLeft).toBeGreaterThan(0);
    await queue.submit(settings, 1);
    expect(queue.queue().secondsLeft).toBeNull();
    hold.release();
    await idle();
  });

  test('of a version that knew none is made all the same', async () => {
    const { queue, database, idle, pictures } = await openWithAdapters();
    await queue.submit(settings, 1);
    const { adapters: _adapters, ...before } = settings;
    database.prepare('UPDATE jobs SET settings = ?').run(JSON.stringify(before));
    await queue.start();
    await idle();
    expect(pictures()[0]?.receipt.settings).toEqual(settings);
  });

  test('without adapters tells the shelf nothing', async () => {
    const { queue, idle, shelf, pictures } = await openWithAdapters('flat-ink');
    await queue.start();
    await queue.submit({ ...settings, adapters: [row('flat-ink', 0)] }, 1);
    await idle();
    expect(pictures()[0]?.receipt.adapters).toEqual([]);
    expect(shelf.told).toEqual([]);
  });
});
