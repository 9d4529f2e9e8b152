import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requests, type EventName, type RequestName } from '../../../app/contracts/window.js';
import { openStudio, type Studio } from '../../../app/studio.js';
import {
  capabilities,
  desktopNotes,
  makeModel,
  makePlace,
  settings,
  StepEngine,
  until,
  workerInProcess,
} from './test-parts.js';

type Place = Awaited<ReturnType<typeof makePlace>>;
const everything = { text: '', kept: false, bin: false, sort: 'newest' } as const;

async function open(given: { place?: Place; engine?: StepEngine } = {}) {
  const place = given.place ?? (await makePlace());
  const engine = given.engine ?? new StepEngine();
  const desktop = desktopNotes();
  const worker = workerInProcess();
  const studio = await openStudio({
    ...{ home: place.home, embeddedModels: place.embeddedModels, engine, worker, desktop },
    ...{ version: '0.1.0', platform: 'linux' },
  });
  const events: { name: EventName; payload: unknown }[] = [];
  studio.onEvent((name, payload) => events.push({ name, payload }));
  onTestFinished(() => studio.close().catch(() => undefined));
  const of = (name: EventName) => events.filter((event) => event.name === name).map(({ payload }) => payload);
  return { place, engine, desktop, studio, events, of };
}

/** One finished picture. */
async function makeOne(studio: Studio, change: Partial<typeof settings> = {}) {
  const before = (await studio.handlers['gallery.list'](everything)).length;
  await studio.handlers['generation.submit']({ settings: { ...settings, ...change }, count: 1 });
  await until(async () => (await studio.handlers['gallery.list'](everything)).length > before);
  const [picture] = await studio.handlers['gallery.list'](everything);
  return picture?.id ?? '';
}

describe('openStudio', () => {
  test('answers every request of the contract, and what it says passes the schema', async () => {
    const { studio, place } = await open();
    const id = await makeOne(studio);
    const model = await studio.handlers['models.import']({ path: await makeModel(join(place.root, 'mine')) });
    const { path } = await studio.handlers['gallery.get']({ id });
    const job = await studio.handlers['generation.submit']({ settings, count: 1 });
    const payloads: { [N in RequestName]: object } = {
      ...{ 'studio.hello': {}, 'studio.devices': {}, 'studio.open-link': { url: 'https://example.org/a' } },
      ...{ 'preferences.save': { theme: 'dark' }, 'models.list': {}, 'models.import': { path: model.path } },
      ...{ 'models.choose-folder': {}, 'models.forget': { id: model.id } },
      ...{ 'generation.submit': { settings, count: 1 }, 'generation.move': { id: job.id, to: 0 } },
      ...{ 'generation.count-tokens': { model: 'embedded-pictures', text: 'a red heart' } },
      ...{
        'generation.stop': { id: job.id },
        'generation.resume': { id: job.id },
        'generation.remove': { id: job.id },
      },
      ...{ 'gallery.list': everything, 'gallery.get': { id }, 'gallery.keep': { id, kept: true } },
      ...{ 'gallery.bin': { ids: [id] }, 'gallery.restore': { ids: [id] }, 'gallery.empty-bin': {} },
      ...{
        'gallery.reveal': { id },
        'gallery.copy': { id },
        'gallery.drag': { id },
        'gallery.read-settings': { path },
      },
    };
    for (const [name, contract] of Object.entries(requests)) {
      const payload = contract.request.parse(payloads[name as RequestName]);
      const handler = studio.handlers[name as RequestName] as (request: unknown) => Promise<unknown>;
      const reply = await handler(payload).catch((error: unknown) => {
        // The job may be done before it is stopped or moved.
        if (name.startsWith('generation.')) return {};
        throw error;
      });
      expect(contract.reply.safeParse(reply).error, name).toBeUndefined();
    }
  });

  test('says hello with all that a window needs, also while the engine is still starting', async () => {
    const place = await makePlace();
    const first = await open({ place });
    await first.studio.handlers['preferences.save']({ theme: 'light' });
    await first.studio.handlers['studio.hello']({});
    await first.studio.settled;
    await first.studio.close();

    const engine = new StepEngine();
    engine.capabilities = () => new Promise(() => undefined);
    const { studio } = await open({ place, engine });
    expect(await studio.handlers['studio.hello']({})).toMatchObject({
      ...{ version: '0.1.0', platform: 'linux', home: place.home, capabilities, preferences: { theme: 'light' } },
      models: [{ id: 'embedded-pictures', embedded: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
      ...{ queue: { jobs: [] }, engine: { state: 'starting', device: null } },
    });
  });

  test('holds notices back until a window is there to read them', async () => {
    const place = await makePlace();
    const first = await open({ place });
    await makeOne(first.studio);
    await first.studio.close();
    for (const name of await readdir(place.home)) {
      if (name.startsWith('inkstone.db')) await rm(join(place.home, name));
    }
    await writeFile(join(place.home, 'inkstone.db'), 'nonsense '.repeat(1000));

    const { studio, of } = await open({ place });
    await studio.settled;
    expect(of('notice')).toEqual([]);
    await studio.handlers['studio.hello']({});
    await until(() => of('notice').length > 0);
    expect(of('notice')).toMatchObject([
      {
        tone: 'warn',
        text: expect.stringMatching(
          /^The library's database was damaged: it is kept as inkstone\.db\.damaged-/,
        ) as string,
      },
    ]);
    expect(await studio.handlers['gallery.list'](everything)).toMatchObject([{ title: 'a red heart' }]);
  });

  test('gives the picture protocol files, and nothing for an unknown id', async () => {
    const { studio } = await open();
    const id = await makeOne(studio);
    expect((await readFile((await studio.pictureFile(id)) ?? '')).subarray(1, 4).toString()).toBe('PNG');
    expect(await studio.thumbnailFile(id)).toMatch(/thumbnails.*\.webp$/);
    await expect(studio.pictureFile('../../etc/passwd')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(studio.thumbnailFile('../../etc/passwd')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('offers undo after a picture went to the bin', async () => {
    const { studio, of } = await open();
    await studio.handlers['studio.hello']({});
    const id = await makeOne(studio);
    await studio.handlers['gallery.bin']({ ids: [id] });
    await until(() => of('notice').length > 0);
    expect(of('notice')).toMatchObject([
      { text: '1 picture moved to the bin.', action: { do: 'undo-bin', label: 'Undo', ids: [id] } },
    ]);
    await studio.handlers['gallery.restore']({ ids: [id] });
    expect(await studio.handlers['gallery.list'](everything)).toHaveLength(1);
  });

  test('opens web addresses, and nothing else', async () => {
    const { studio, desktop } = await open();
    await studio.handlers['studio.open-link']({ url: 'https://example.org/a' });
    await expect(studio.handlers['studio.open-link']({ url: 'file:///etc/passwd' })).rejects.toMatchObject({
      kind: 'bad-input',
    });
    expect(desktop.done).toEqual(['open https://example.org/a']);
  });

  test('remembers prompts, and reads settings back from a picture', async () => {
    const { studio } = await open();
    const id = await makeOne(studio, { prompt: 'a cat, on\na mat' });
    const hello = await studio.handlers['studio.hello']({});
    expect(hello.preferences.promptHistory).toEqual(['a cat, on\na mat']);
    const { path } = await studio.handlers['gallery.get']({ id });
    expect(await studio.handlers['gallery.read-settings']({ path })).toEqual({
      ...{ source: 'inkstone', settings: { ...settings, prompt: 'a cat, on\na mat' }, notices: [] },
    });
  });

  test('tells the window of the engine, the models and the queue', async () => {
    const { studio, of } = await open();
    await studio.settled;
    expect(of('models.changed').at(-1)).toMatchObject([
      { id: 'embedded-pictures', sha256: expect.any(String) as string },
    ]);
    const status = { state: 'ready', device: null, memory: { engine: 1, free: 2, total: 3 } } as const;
    studio.setEngineStatus(status);
    expect(of('engine.status')).toEqual([status]);
    await makeOne(studio);
    expect(of('queue.changed').length).toBeGreaterThan(2);
    expect(of('gallery.changed').at(-1)).toMatchObject({ added: { title: 'a red heart' } });
  });

  test('closes in the middle of a picture and goes on with it when it opens again', async () => {
    const place = await makePlace();
    const first = await open({ place });
    let reached = false;
    first.engine.beforeStep = async (step) => {
      if (step < 3) return;
      reached = true;
      await new Promise((resolve) => setTimeout(resolve, 30));
    };
    await first.studio.handlers['generation.submit']({ settings, count: 1 });
    await until(() => reached);
    await first.studio.close();

    const { studio, engine } = await open({ place });
    await until(async () => (await studio.handlers['gallery.list'](everything)).length === 1);
    expect(engine.calls[0]?.from).toBeGreaterThanOrEqual(2);
  });
});
