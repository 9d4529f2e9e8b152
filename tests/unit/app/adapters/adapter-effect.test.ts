import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AdapterEffects, type EffectRequest } from '../../../../app/adapters/adapter-effect.js';
import type { EventOf } from '../../../../app/contracts/window.js';
import { readOwnMetadata } from '../../../../app/gallery/picture-metadata.js';
import { Library } from '../../../../app/library/library.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { memory as memoryOf } from '../../../../app/storage/memory.js';
import { SmallShelf } from '../adapter-parts.js';
import {
  capabilities,
  makePlace,
  settings,
  StepEngine,
  temporaryFolder,
  until,
  workerInProcess,
} from '../test-parts.js';

async function openEffects(given?: { place: Awaited<ReturnType<typeof makePlace>>; shelf: SmallShelf }) {
  const place = given?.place ?? (await makePlace());
  const shelf = given?.shelf ?? new SmallShelf(temporaryFolder());
  const home = homeAt(place.home);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const worker = workerInProcess();
  const engine = new StepEngine();
  const progress: EventOf<'adapters.effect-progress'>[] = [];
  const library = new Library({ database, home, worker, embeddedModels: place.embeddedModels });
  const effects = new AdapterEffects({
    ...{ memory: memoryOf(database), home, engine, worker, library, adapters: shelf, version: '0.1.0' },
    ...{
      capabilities: () => Promise.resolve(capabilities),
      device: () => 'auto',
      embeddedModels: place.embeddedModels,
    },
    onProgress: (event) => progress.push(event),
  });
  if (given === undefined) {
    await shelf.add('flat-ink');
    await shelf.add('paper-grain');
  }
  return { place, shelf, home, worker, engine, effects, progress };
}

const request = (change: Partial<EffectRequest> = {}): EffectRequest => ({
  ...{ id: 'id-of-flat-ink', weight: 1, textWeight: 0.5, settings },
  ...change,
});

describe('AdapterEffects', () => {
  test('makes the same picture without and with the adapter, and measures the difference', async () => {
    const { effects, engine, shelf, home, worker } = await openEffects();
    const effect = await effects.compare(request());
    const [without, with_] = engine.calls.map((call) => call.request);
    expect(without).toMatchObject({ adapters: [], seed: 7, prompt: 'a red heart', checkpointFile: null });
    const file = shelf.adapters[0]?.path;
    expect(with_).toEqual({ ...without, adapters: [{ file, weight: 1, textWeight: 0.5 }] });
    // Each byte of the picture is one level brighter with it: 1 of 255.
    expect(effect).toMatchObject({
      ...{ adapter: 'id-of-flat-ink', model: 'embedded-pictures', prompt: 'a red heart', seed: 7, weight: 1 },
      ...{ width: 16, height: 16, clipSimilarity: 0.83, verdict: 'faint' },
    });
    expect(effect.pixelDifference).toBeCloseTo(100 / 255, 10);
    expect((await readdir(home.effects)).toSorted()).toEqual([`${effect.id}-with.png`, `${effect.id}-without.png`]);
    const picture = await worker.readPicture({ path: (await effects.file(effect.id, 'with')) ?? '' });
    expect(readOwnMetadata(picture.text)).toMatchObject({
      settings: { seed: 7, adapters: [{ adapter: 'id-of-flat-ink', weight: 1, textWeight: 0.5 }] },
      adapters: [{ name: 'flat-ink', how: 'live' }],
      picture: null,
    });
  });

  test('leaves everything else on: other rows and other tags, but not its own', async () => {
    const { effects, engine, shelf } = await openEffects();
    await shelf.add('third');
    const [ink, grain, third] = shelf.adapters.map(({ path }) => path);
    await effects.compare(
      request({
        settings: {
          ...settings,
          prompt: 'a red heart <lora:third:0.3><lora:flat-ink:0.9>',
          adapters: [
            { adapter: 'id-of-flat-ink', weight: 0.2, textWeight: 0.2 },
            { adapter: 'id-of-paper-grain', weight: 0.5, textWeight: 0.5 },
          ],
        },
      }),
    );
    const others = [
      { file: grain, weight: 0.5, textWeight: 0.5 },
      { file: third, weight: 0.3, textWeight: 0.3 },
    ];
    expect(engine.calls.map((call) => call.request.adapters)).toEqual([
      others,
      [...others, { file: ink, weight: 1, textWeight: 0.5 }],
    ]);
    expect(engine.calls.map((call) => call.request.prompt)).toEqual(['a red heart', 'a red heart']);
  });

  test.each([
    [0, 'none'],
    [1, 'faint'],
    [20, 'clear'],
    [60, 'strong'],
  ] as const)('a difference of %i levels is %s', async (levels, verdict) => {
    const { effects } = await openEffects();
    const weight = levels === 0 ? 0.2 : levels; // too little to move a byte of the test's engine
    expect(await effects.compare(request({ weight }))).toMatchObject({ verdict });
  });

  test('takes its trigger word for a prompt when there is none', async () => {
    const { effects, engine, shelf } = await openEffects();
    await shelf.add('zebra', { triggerWords: [{ text: 'zbr style', source: 'metadata' }] });
    const bare = { ...settings, prompt: ' <lora:flat-ink:1> ' };
    const effect = await effects.compare(request({ id: 'id-of-zebra', settings: bare }));
    expect(effect.prompt).toBe('zbr style');
    expect(engine.calls.map((call) => call.request.prompt)).toEqual(['zbr style', 'zbr style']);
  });

  test('tells how far it is, in one line of both pictures', async () => {
    const { effects, engine, progress } = await openEffects();
    engine.beforeStep = () => new Promise((resolve) => setTimeout(resolve, 2));
    await effects.compare(request());
    expect(progress.map(({ part }) => part)).toEqual(progress.map(({ part }) => part).toSorted((a, b) => a - b));
    expect(progress.at(-1)).toMatchObject({ id: 'id-of-flat-ink', part: 1 });
    expect(progress.find(({ part }) => part === 0.125)?.secondsLeft).toBeNull();
    expect(progress.find(({ part }) => part === 0.25)?.secondsLeft).toBeGreaterThan(0);
  });

  test('a stop ends it between two steps', async () => {
    const { effects, engine, home } = await openEffects();
    engine.beforeStep = async (step) => {
      if (step === 3) effects.stop();
    };
    await expect(effects.compare(request())).rejects.toMatchObject({ kind: 'cancelled' });
    await until(() =>
      readdir(home.effects).then(
        () => false,
        () => true,
      ),
    );
    expect(engine.calls).toHaveLength(1);
    expect(await effects.last('id-of-flat-ink', 'embedded-pictures')).toBeNull();
  });

  test('a stop while the engine makes another picture is heard at once', async () => {
    const { effects, engine } = await openEffects();
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    engine.beforeStep = () => gate;
    const { model: _model, ...rest } = settings;
    const other = { ...rest, modelPath: '/m', device: 'auto' as const, apply: 'auto' as const, latents: null };
    const queued = engine.generate(
      { ...other, adapters: [], checkpointFile: null, previewCache: null },
      () => undefined,
      new AbortController().signal,
    );
    await until(() => engine.calls.length === 1);
    const comparing = effects.compare(request());
    const refused = expect(comparing).rejects.toMatchObject({ kind: 'cancelled' });
    setTimeout(() => effects.stop(), 20);
    await refused;
    release();
    await queued;
    expect(engine.calls).toHaveLength(1);
  });

  test('a new question stops the one before it', async () => {
    const { effects, engine } = await openEffects();
    engine.beforeStep = () => new Promise((resolve) => setTimeout(resolve, 2));
    const first = expect(effects.compare(request())).rejects.toMatchObject({ kind: 'cancelled' });
    await until(() => engine.calls.length === 1);
    const second = await effects.compare(request({ id: 'id-of-paper-grain' }));
    await first;
    expect(second.adapter).toBe('id-of-paper-grain');
  });

  test('keeps the last answer for an adapter and a model, also after a restart, and no older pictures', async () => {
    const { effects, place, shelf, home } = await openEffects();
    const first = await effects.compare(request());
    await until(() => Date.now() > first.createdAt);
    const second = await effects.compare(request({ weight: -1 }));
    const other = await effects.compare(request({ id: 'id-of-paper-grain' }));
    expect((await readdir(home.effects)).toSorted()).toEqual(
      [second, other].flatMap(({ id }) => [`${id}-with.png`, `${id}-without.png`]).toSorted(),
    );
    expect(await effects.file(first.id, 'with')).toBeNull();
    const reopened = await openEffects({ place, shelf });
    expect(await reopened.effects.last('id-of-flat-ink', 'embedded-pictures')).toEqual(second);
    expect(await reopened.effects.last('id-of-flat-ink', 'another')).toBeNull();
    await rm(home.effects, { recursive: true });
    expect(await reopened.effects.last('id-of-flat-ink', 'embedded-pictures')).toBeNull();
  });

  test('answers without CLIP where it cannot be asked', async () => {
    const { effects, engine } = await openEffects();
    engine.similarity = null;
    expect(await effects.compare(request())).toMatchObject({ clipSimilarity: null, verdict: 'faint' });
  });

  test('refuses an adapter of another base and a strength of 0 before anything runs', async () => {
    const { effects, engine, shelf } = await openEffects();
    await shelf.add('red-paper', { base: 'sdxl', fits: false, matched: 0, total: 722 });
    await expect(effects.compare(request({ id: 'id-of-red-paper' }))).rejects.toThrow('It is not applied.');
    await expect(effects.compare(request({ weight: 0, textWeight: 0 }))).rejects.toMatchObject({ kind: 'bad-input' });
    expect(engine.calls).toEqual([]);
  });

  test('gives files for no names but its own', async () => {
    const { effects, home } = await openEffects();
    const { id } = await effects.compare(request());
    expect(await effects.file(id, 'without')).toBe(join(home.effects, `${id}-without.png`));
    for (const [wrong, which] of [
      ['../../etc/passwd', 'with'],
      [id, '../with'],
      [`${id}/..`, 'with'],
      ['', 'with'],
    ]) {
      expect(await effects.file(wrong ?? '', which ?? '')).toBeNull();
    }
  });
});
