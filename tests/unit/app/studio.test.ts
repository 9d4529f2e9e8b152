import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { requests, type EventName, type RequestName } from '../../../app/contracts/window.js';
import { openStudio, type Studio } from '../../../app/studio.js';
import { realModel, writeAdapter } from './adapters/shelf-parts.js';
import { makeChatPlace } from './chat/chat-parts.js';
import { evaluationEngine, evaluationSettings } from './evaluation/evaluation-parts.js';
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

/** A place with both embedded models; the one that draws is the real one, as far as adapters look at it. */
async function realPlace(): Promise<Place> {
  const place = await makeChatPlace();
  for (const name of ['model_index.json', 'unet', 'text_encoder', 'tokenizer', 'vae', 'scheduler', 'clip']) {
    await symlink(join(realModel, name), join(place.embeddedModels, 'pictures', name));
  }
  return place;
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
    const { studio, place, engine } = await open({ place: await realPlace(), engine: evaluationEngine() });
    const id = await makeOne(studio);
    const [lora, single] = [join(place.root, 'loras', 'ink.safetensors'), join(place.root, 'one.safetensors')];
    const more = join(place.root, 'more');
    for (const folder of [join(place.root, 'loras'), more]) await mkdir(folder);
    await writeAdapter(lora);
    const added = await studio.handlers['adapters.add']({
      paths: [join(place.root, 'loras'), more, await writeAdapter(single)],
    });
    const [adapter = '', forgotten = ''] = added.ids;
    const use = { adapter, weight: 0.8, textWeight: 0.8 };
    const model = await studio.handlers['models.import']({ path: await makeModel(join(place.root, 'mine')) });
    const { path } = await studio.handlers['gallery.get']({ id });
    const job = await studio.handlers['generation.submit']({ settings, count: 1 });
    const conversation = await studio.handlers['chat.create']({ model: 'embedded-storyteller' });
    const said = await studio.handlers['chat.send']({ conversation: conversation.id, parent: null, text: 'Hello' });
    const answer = said.turns[1]?.id ?? '';
    const way = { conversation: conversation.id, parent: answer, text: 'And then?' };
    const ended = async () => {
      const listed = await studio.handlers['chat.list']({ text: '' });
      if (listed.every(({ id: each }) => each !== conversation.id)) return true; // deleted, and not restored yet
      const { turns } = await studio.handlers['chat.get']({ id: conversation.id });
      return turns.every((turn) => turn.answer?.state !== 'running');
    };
    await until(ended);
    const details = await studio.handlers['chat.token-details']({ id: answer });
    const rival = details[1]?.top[1]?.id ?? -1;
    engine.textFates.push({ atToken: 2, kind: 'engine-lost' });
    const { id: cut } = await studio.handlers['chat.again']({ id: answer });
    await until(ended);
    const measured = { ...evaluationSettings, metrics: ['kid'] };
    const done = await studio.handlers['evaluation.start'](measured);
    const evaluated = async () => (await studio.handlers['evaluation.get']({ id: done.id })).result !== null;
    await until(evaluated);
    const run = await studio.handlers['evaluation.start'](measured);
    const { seed: _seed, ...sampling } = conversation.settings.sampling;
    const preset = { id: 'brief', name: 'Brief', system: 'Be brief.', sampling };
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
      ...{ 'adapters.list': { model: 'embedded-pictures' }, 'adapters.add': { paths: [single] } },
      ...{ 'adapters.choose': { what: 'files' }, 'adapters.save': { id: adapter, rating: 4, note: 'good' } },
      ...{ 'adapters.receipt': { id: adapter, model: 'embedded-pictures' }, 'adapters.reveal': { id: adapter } },
      ...{ 'adapters.prepare': { ...settings }, 'adapters.compare': { id: adapter, ...use, settings } },
      ...{ 'adapters.stop-compare': {}, 'adapters.effect': { id: adapter, model: 'embedded-pictures' } },
      ...{ 'adapters.bake': { model: 'embedded-pictures', adapters: [use] }, 'adapters.stop-bake': {} },
      ...{ 'adapters.forget': { id: forgotten }, 'adapters.unwatch': { path: more } },
      ...{
        'chat.list': { text: 'hello' },
        'chat.get': { id: conversation.id },
        'chat.create': { system: 'Be brief.' },
      },
      ...{ 'chat.save': { id: conversation.id, title: 'Boats', settings: { system: '' }, shown: answer } },
      ...{ 'chat.send': way, 'chat.again': { id: answer }, 'chat.go-on': { id: cut }, 'chat.stop': {} },
      ...{ 'chat.presets': {}, 'chat.save-preset': preset, 'chat.delete-preset': { id: 'brief' } },
      'chat.edit-answer': { id: answer, text: 'Hello to you.' },
      ...{ 'chat.rival': { id: answer, at: 1, token: rival }, 'chat.token-details': { id: answer } },
      ...{ 'chat.fit': { model: 'embedded-storyteller' }, 'chat.count-tokens': way },
      ...{ 'chat.export': { id: conversation.id, format: 'json' }, 'chat.import': {} },
      ...{ 'chat.delete': { id: conversation.id }, 'chat.restore': { id: conversation.id } },
      ...{ 'gallery.list': everything, 'gallery.get': { id }, 'gallery.keep': { id, kept: true } },
      ...{ 'gallery.bin': { ids: [id] }, 'gallery.restore': { ids: [id] }, 'gallery.empty-bin': {} },
      ...{
        'gallery.reveal': { id },
        'gallery.copy': { id },
        'gallery.drag': { id },
        'gallery.read-settings': { path },
        'gallery.score': { ids: [id] },
        'gallery.stop-scoring': {},
      },
      ...{ 'evaluation.list': {}, 'evaluation.get': { id: done.id }, 'evaluation.choose': { what: 'clip' } },
      ...{ 'evaluation.look': { source: measured.generated }, 'evaluation.start': measured },
      ...{ 'evaluation.stop': { id: run.id }, 'evaluation.resume': { id: run.id } },
      ...{ 'evaluation.remove': { id: run.id }, 'evaluation.rename': { id: done.id, name: 'First' } },
      ...{ 'evaluation.export': { id: done.id, format: 'csv' }, 'evaluation.open-report': { id: done.id } },
    };
    for (const [name, contract] of Object.entries(requests)) {
      const payload = contract.request.parse(payloads[name as RequestName]);
      const handler = studio.handlers[name as RequestName] as (request: unknown) => Promise<unknown>;
      await until(ended); // one answer at a time
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

  test('puts an adapter of the shelf on a picture, shows what it does, and knows it when its settings are read back', async () => {
    const { studio, of, place } = await open({ place: await realPlace() });
    const path = await writeAdapter(join(place.root, 'Flat Ink.safetensors'), {
      metadata: { ss_output_name: 'flat' },
    });
    const { ids } = await studio.handlers['adapters.add']({ paths: [path] });
    expect(of('adapters.changed').length).toBeGreaterThan(0);
    const [adapter = ''] = ids;
    const rows = [{ adapter, weight: -0.5, textWeight: 1 }];
    const id = await makeOne(studio, { adapters: rows, prompt: 'a heart <lora:flat:0.5>' });
    await until(async () => {
      const { adapters } = await studio.handlers['adapters.list']({ model: 'embedded-pictures' });
      return adapters[0]?.preview !== null && adapters[0]?.fit?.state === 'fits';
    });
    expect(await studio.adapterPreviewFile(adapter)).toMatch(/adapter-previews.*\.webp$/);
    await expect(studio.adapterPreviewFile('../../etc/passwd')).rejects.toMatchObject({ kind: 'not-found' });

    const picture = await studio.handlers['gallery.get']({ id });
    expect(picture.receipt.adapters).toMatchObject([
      { name: 'Flat Ink', weight: -0.5, fromPrompt: false, receipt: { matched: 12, total: 12, file: path } },
      { name: 'Flat Ink', weight: 0.5, fromPrompt: true },
    ]);
    const read = await studio.handlers['gallery.read-settings']({ path: picture.path });
    expect(read?.settings.adapters).toEqual(rows);

    const effect = await studio.handlers['adapters.compare']({ id: adapter, weight: 1, textWeight: 1, settings });
    expect(effect).toMatchObject({ adapter, model: 'embedded-pictures', clipSimilarity: 0.83 });
    expect(of('adapters.effect-progress').length).toBeGreaterThan(0);
    expect((await readFile((await studio.effectFile(effect.id, 'with')) ?? '')).subarray(1, 4).toString()).toBe('PNG');
    expect(await studio.effectFile('../../etc', 'passwd')).toBeNull();
  });

  test('opens sessions for adapters ahead, and is quiet when that fails', async () => {
    const engine = new StepEngine();
    const wishes: unknown[] = [];
    engine.prepareAdapters = (...request: unknown[]) => {
      wishes.push(...request);
      return Promise.reject(new Error('no memory'));
    };
    const { studio } = await open({ engine });
    const { model, width, height, cfg, clipSkip } = settings;
    const quiet = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => quiet.mockRestore());
    expect(await studio.handlers['adapters.prepare']({ model, width, height, cfg, clipSkip })).toEqual({});
    expect(wishes).toMatchObject([{ device: 'auto', width, height, cfg, clipSkip }]);
    expect(quiet).toHaveBeenCalledOnce();
  });

  test('adds what the person chooses in a dialog', async () => {
    const { studio, desktop, place } = await open();
    const path = await writeAdapter(join(place.root, 'one.safetensors'));
    desktop.chooseFiles = () => Promise.resolve([path]);
    desktop.chooseFolder = () => Promise.resolve(join(place.root, 'loras'));
    await mkdir(join(place.root, 'loras'));
    const files = await studio.handlers['adapters.choose']({ what: 'files' });
    expect(files).toEqual({ ids: [expect.stringMatching(/^one-/)], notices: [] });
    const folder = await studio.handlers['adapters.choose']({ what: 'folder' });
    expect(folder.notices).toEqual([
      `There is no .safetensors file in ${join(place.root, 'loras')} yet; it is watched.`,
    ]);
    await studio.handlers['adapters.reveal']({ id: files.ids[0] ?? '' });
    expect(desktop.done).toEqual([`reveal ${path}`]);
    expect(await studio.handlers['adapters.list']({ model: 'no-such-model' })).toMatchObject({ adapters: [{ path }] });
  });

  test('begins new conversations with the language model that was imported or chosen last', async () => {
    const { studio, place } = await open({ place: await makeChatPlace() });
    const language = { kind: 'language', prediction: null, inChannels: null } as const;
    const added = async (name: string) =>
      studio.handlers['models.import']({ path: await makeModel(join(place.root, name), { ...language, name }) });
    const created = () => studio.handlers['chat.create']({});
    const [first, second] = [await added('first'), await added('second')];
    const { id, settings: begun } = await created();
    expect(begun.model).toBe(second.id);
    await studio.handlers['models.import']({ path: await makeModel(join(place.root, 'pictures')) });
    expect((await created()).settings.model).toBe(second.id);
    await studio.handlers['chat.save']({ id, settings: { model: first.id } });
    expect((await created()).settings.model).toBe(first.id);
    await expect(studio.handlers['chat.save']({ id, settings: { model: 'no-such-model' } })).rejects.toThrow();
    expect((await created()).settings.model).toBe(first.id);
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
