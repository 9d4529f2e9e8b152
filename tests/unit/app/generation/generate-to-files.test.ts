import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Worker } from '../../../../app/contracts/worker.js';
import { generateToFiles, type GenerateToFilesOrder } from '../../../../app/generation/generate-to-files.js';
import { outputPaths } from '../../../../app/generation/output-paths.js';
import { readOwnMetadata } from '../../../../app/gallery/picture-metadata.js';
import type { ResolvedModel } from '../../../../app/library/library.js';
import { modelDefaults } from '../../../../app/library/model-defaults.js';
import { receiptOf, SmallShelf } from '../adapter-parts.js';
import { description, StepEngine, temporaryFolder, workerInProcess } from '../test-parts.js';

const model: ResolvedModel = {
  ...{ ...description, id: null, path: '/models/ink', card: { defaults: { steps: 3, sampler: 'ddim', cfg: 2.5 } } },
  ...{ sha256: null, embedded: false, missing: false },
  defaults: modelDefaults({
    ...description,
    nativeSize: 16,
    card: { defaults: { steps: 3, sampler: 'ddim', cfg: 2.5 } },
  }),
};
const order = (out: string, more: Partial<GenerateToFilesOrder> = {}): GenerateToFilesOrder => ({
  ...{ engine: new StepEngine(), worker: workerInProcess(), model, settings: { prompt: 'a red heart', seed: 7 } },
  ...{ out, version: '0.1.0', ...more },
});

describe('generateToFiles', () => {
  test('makes one picture with the model’s defaults, and says what it used', async () => {
    const folder = temporaryFolder();
    const engine = new StepEngine();
    engine.notices = ['The prompt has 80 tokens; the model reads 75.'];
    const steps: string[] = [];
    const made = await generateToFiles(
      order(join(folder, 'new', 'heart.png'), {
        engine,
        onProgress: ({ phase, step, picture, pictures }) => steps.push(`${phase} ${step} ${picture}/${pictures}`),
      }),
    );
    expect(made).toEqual({
      images: [{ path: join(folder, 'new', 'heart.png'), prompt: 'a red heart', seed: 7, width: 16, height: 16 }],
      settings: {
        ...{ model: 'Test pictures', prompt: 'a red heart', negative: '', steps: 3, cfg: 2.5, sampler: 'ddim' },
        ...{ schedule: 'normal', seed: 7, width: 16, height: 16, clipSkip: 1, adapters: [] },
      },
      device: 'cpu',
      adapters: [],
      notices: ['The prompt has 80 tokens; the model reads 75.'],
      seconds: { load: 0.1, denoise: 0.2, decode: 0.1, total: 0.4 },
    });
    expect(engine.calls[0]?.request).toMatchObject({ modelPath: '/models/ink', checkpointFile: null, latents: null });
    expect(steps[0]).toBe('loading 0 0/1');
  });

  test('counts pictures before the extension, with seeds S + k', async () => {
    const folder = temporaryFolder();
    const { images } = await generateToFiles(order(join(folder, 'heart.png'), { count: 3 }));
    expect(images.map(({ path, seed }) => [path, seed])).toEqual([
      ...[
        [join(folder, 'heart-1.png'), 7],
        [join(folder, 'heart-2.png'), 8],
        [join(folder, 'heart-3.png'), 9],
      ],
    ]);
    const file = await workerInProcess().readPicture({ path: join(folder, 'heart-2.png') });
    expect(readOwnMetadata(file.text)).toMatchObject({ settings: { seed: 8 }, picture: null });
  });

  test('makes one picture of each given prompt, each with its own seed and its own metadata', async () => {
    const folder = temporaryFolder();
    const { images } = await generateToFiles(order(`${folder}/`, { prompts: ['a red heart', 'a pizza', ''] }));
    expect(images.map(({ path, prompt, seed }) => [path, prompt, seed])).toEqual([
      [join(folder, '00001.png'), 'a red heart', 7],
      [join(folder, '00002.png'), 'a pizza', 8],
      [join(folder, '00003.png'), '', 9],
    ]);
    const file = await workerInProcess().readPicture({ path: join(folder, '00002.png') });
    expect(readOwnMetadata(file.text)).toMatchObject({ settings: { prompt: 'a pizza', seed: 8 } });
  });

  test('refuses a name in the last prompt before the first picture is made', async () => {
    const engine = new StepEngine();
    const prompts = ['a red heart', 'a pizza <lora:no-such:1>'];
    const making = generateToFiles(order(`${temporaryFolder()}/`, { engine, prompts }));
    await expect(making).rejects.toThrow('no-such');
    expect(engine.calls).toEqual([]);
  });

  test('draws a seed when none is given, and reports it', async () => {
    const made = await generateToFiles(order(join(temporaryFolder(), 'a.png'), { settings: { prompt: '' } }));
    expect(made.images[0]?.seed).toBe(made.settings.seed);
  });

  test('takes count and size from given latents', async () => {
    const engine = new StepEngine();
    const made = await generateToFiles(
      order(join(temporaryFolder(), 'a.png'), {
        ...{ engine, latents: '/noise.safetensors', count: 5, settings: { prompt: 'a', seed: 1, width: 64 } },
      }),
    );
    expect(made.images).toMatchObject([
      { width: 32, height: 16 },
      { width: 32, height: 16 },
    ]);
    expect(engine.calls.map(({ request }) => request.latents)).toEqual([
      { file: '/noise.safetensors', index: 0 },
      { file: '/noise.safetensors', index: 1 },
    ]);
    expect(made.notices).toEqual(['Size and count come from /noise.safetensors: 2 of 32 × 16.']);
  });

  test('replaces nothing without force, and asks before it works', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a-2.png');
    await writeFile(path, 'mine');
    const engine = new StepEngine();
    await expect(generateToFiles(order(join(folder, 'a.png'), { engine, count: 2 }))).rejects.toMatchObject({
      ...{ kind: 'bad-input', file: path },
      message: `${path} is there already: choose another name, or add --force to replace it.`,
    });
    expect(engine.calls).toEqual([]);
    await generateToFiles(order(join(folder, 'a.png'), { count: 2, force: true }));
    expect(await readFile(path)).not.toEqual(Buffer.from('mine'));
  });

  test('puts files on by their paths and by tags, and tells their receipts', async () => {
    const folder = temporaryFolder();
    const shelf = new SmallShelf(folder);
    const ink = await shelf.add('flat-ink');
    const given = join(folder, 'paper grain.safetensors');
    const asked: unknown[] = [];
    const worker: Worker = {
      ...workerInProcess(),
      inspectAdapter: async (request) => {
        asked.push(request);
        const blocks = [{ name: 'Up 3', matched: 250, total: 264, norm: 1 }];
        return receiptOf(request.path, request.path === given ? { matched: 250, blocks } : {});
      },
    };
    const engine = new StepEngine();
    const made = await generateToFiles(
      order(join(folder, 'a.png'), {
        ...{ engine, worker, shelf, apply: 'baked', count: 2 },
        adapters: [
          { file: given, weight: 0.5, textWeight: 0.25 },
          { file: ink.path, weight: 0.5, textWeight: 0.5 },
          { file: join(folder, 'off.safetensors'), weight: 0, textWeight: 0 },
        ],
        settings: { prompt: 'a red heart<lora:flat-ink:0.25>', seed: 7 },
      }),
    );
    expect(engine.calls.map(({ request }) => request)).toMatchObject([
      {
        ...{ prompt: 'a red heart', apply: 'baked', seed: 7 },
        adapters: [
          { file: given, weight: 0.5, textWeight: 0.25 },
          { file: ink.path, weight: 0.75, textWeight: 0.75 },
        ],
      },
      { seed: 8 },
    ]);
    expect(asked[0]).toEqual({ path: given, modelPath: '/models/ink' });
    expect(made.adapters.map(({ file }) => file)).toEqual([given, ink.path]);
    expect(made.notices).toEqual(['paper grain: 250 of 264 layers match; 14 in Up 3 do not. It runs without them.']);
    expect(made.settings.prompt).toBe('a red heart<lora:flat-ink:0.25>');
    const file = await workerInProcess().readPicture({ path: join(folder, 'a-2.png') });
    expect(readOwnMetadata(file.text)?.adapters).toMatchObject([
      { name: 'paper grain', weight: 0.5, textWeight: 0.25, fromPrompt: false },
      { name: 'flat-ink', weight: 0.5, fromPrompt: false },
      { name: 'flat-ink', weight: 0.25, fromPrompt: true },
    ]);
  });

  test('refuses a name that no shelf knows before anything runs', async () => {
    const engine = new StepEngine();
    const folder = temporaryFolder();
    const tagged = order(join(folder, 'a.png'), { engine, settings: { prompt: '<lora:flat-ink:1>' } });
    await expect(generateToFiles(tagged)).rejects.toThrow('There is no adapter named “flat-ink” on the shelf');
    expect(engine.calls).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('hints at a tag for a --lora that is no file and a name of the shelf', async () => {
    const folder = temporaryFolder();
    const shelf = new SmallShelf(folder);
    await shelf.add('flat-ink.v2');
    const given = (name: string, weight: number) =>
      generateToFiles(
        order(join(folder, 'a.png'), {
          shelf,
          adapters: [{ file: join('/nowhere', name), weight, textWeight: weight }],
        }),
      );
    await expect(given('flat-ink.v2', 0.8)).rejects.toMatchObject({
      kind: 'missing-file',
      message: `${join('/nowhere', 'flat-ink.v2')} is not there. The shelf has an adapter of that name: write <lora:flat-ink.v2:0.8> in the prompt instead.`,
    });
    await expect(given('flat-ink.v2.safetensors', 1)).rejects.toThrow('write <lora:flat-ink.v2:1> in the prompt');
    await expect(given('nobody.safetensors', 1)).rejects.toThrow('nobody.safetensors is not there or cannot be read.');
  });

  test('stops between steps and leaves what was finished', async () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    const running = generateToFiles(
      order(join(folder, 'a.png'), {
        ...{ count: 3, signal: stop.signal },
        onProgress: ({ picture, step }) => {
          if (picture === 1 && step === 1) stop.abort();
        },
      }),
    );
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(folder)).toEqual(['a-1.png']);
  });
});

describe('outputPaths', () => {
  test('numbers files in a folder after those that are there', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, '00009.png'), '');
    await writeFile(join(folder, 'notes.png'), '');
    expect(await outputPaths(folder, 2, true)).toEqual([join(folder, '00010.png'), join(folder, '00011.png')]);
    expect(await outputPaths(`${join(folder, 'new')}/`, 1, false)).toEqual([join(folder, 'new', '00001.png')]);
  });

  test('refuses another kind of file, and a folder in the way', async () => {
    const folder = temporaryFolder();
    await expect(outputPaths(join(folder, 'a.jpg'), 1, false)).rejects.toThrow('Pictures are written as PNG');
    await mkdir(join(folder, 'b-1.png'));
    await expect(outputPaths(join(folder, 'b.png'), 2, true)).rejects.toMatchObject({ kind: 'bad-input' });
  });

  test('refuses a name without an extension, which could be a file or a folder', async () => {
    await expect(outputPaths(join(temporaryFolder(), 'heart'), 2, false)).rejects.toThrow(
      'or a folder with a slash at its end',
    );
  });
});
