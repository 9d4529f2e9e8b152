import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AdapterBaking } from '../../../../app/adapters/adapter-baking.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import type { EventOf } from '../../../../app/contracts/window.js';
import type { BakeRequest, Worker } from '../../../../app/contracts/worker.js';
import { Library } from '../../../../app/library/library.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { SmallShelf } from '../adapter-parts.js';
import { makePlace, temporaryFolder, until, workerInProcess } from '../test-parts.js';

const model = 'embedded-pictures';

/** With a worker that notes what it is asked to bake and writes a line for it. */
async function openBaking() {
  const place = await makePlace();
  const home = homeAt(place.home);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const shelf = new SmallShelf(temporaryFolder());
  await shelf.add('flat-ink');
  await shelf.add('paper-grain', { blocks: [{ name: 'Up 3', matched: 264, total: 264, norm: 1 }] });
  const folder = temporaryFolder();
  const baked: BakeRequest[] = [];
  const progress: EventOf<'adapters.bake-progress'>[] = [];
  const asked: string[] = [];
  const choice: { out: string | null } = { out: join(folder, 'mine.safetensors') };
  const worker: Worker = {
    ...workerInProcess(),
    async bakeAdapters(request, onProgress, signal) {
      baked.push(request);
      onProgress(0.01);
      onProgress(0.5);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      await writeFile(request.out, 'weights');
      onProgress(1);
      return { tensors: 10, dtype: 'f16', bytes: 7 };
    },
  };
  const library = new Library({ database, home, worker, embeddedModels: place.embeddedModels });
  const baking = new AdapterBaking({
    ...{ worker, library, adapters: shelf },
    desktop: {
      chooseSave: async (_title, suggested) => {
        asked.push(suggested);
        return choice.out;
      },
    },
    onProgress: (event) => progress.push(event),
  });
  return { baking, shelf, folder, baked, progress, asked, choice, place };
}
const row = (name: string, weight = 1, textWeight = weight) => ({ adapter: `id-of-${name}`, weight, textWeight });

describe('AdapterBaking', () => {
  test('writes a file for each network that the adapters touch, whole, in the format of the model', async () => {
    const { baking, baked, folder, shelf, asked, place } = await openBaking();
    const adapters = [row('flat-ink', 0.8), row('paper-grain', -1)];
    expect(await baking.bake({ model, adapters })).toEqual({
      path: join(folder, 'mine.safetensors'),
      alsoWritten: [join(folder, 'mine.text_encoder.safetensors')],
      ...{ components: ['unet', 'text_encoder'], dtype: 'f16', tensors: 20, bytes: 14 },
    });
    expect(asked).toEqual(['Inkstone pictures + flat-ink + paper-grain.safetensors']);
    const [ink, grain] = shelf.adapters.map(({ path }) => path);
    const files = [
      { file: ink, weight: 0.8, textWeight: 0.8 },
      { file: grain, weight: -1, textWeight: -1 },
    ];
    const all = { adapters: files, dtype: 'base', full: true, modelPath: join(place.embeddedModels, 'pictures') };
    expect(baked).toEqual([
      { ...all, component: 'unet', out: join(folder, 'mine.safetensors'), overwrite: true },
      { ...all, component: 'text_encoder', out: join(folder, 'mine.text_encoder.safetensors'), overwrite: false },
    ]);
  });

  test('writes one file where only one network changes', async () => {
    const { baking, baked, choice, folder } = await openBaking();
    expect(await baking.bake({ model, adapters: [row('paper-grain')] })).toMatchObject({ alsoWritten: [] });
    choice.out = join(folder, 'text only'); // an ending is added
    const text = await baking.bake({ model, adapters: [row('flat-ink', 0, 0.5)] });
    expect(text).toMatchObject({
      ...{ path: join(folder, 'text only.safetensors'), alsoWritten: [], components: ['text_encoder'] },
    });
    expect(baked.map(({ component }) => component)).toEqual(['unet', 'text_encoder']);
  });

  test('tells the part that is done over all files, and the time once there is something to go by', async () => {
    const { baking, progress } = await openBaking();
    await baking.bake({ model, adapters: [row('flat-ink')] });
    expect(progress.map(({ part }) => part)).toEqual([0.005, 0.25, 0.5, 0.505, 0.75, 1]);
    expect(progress[0]?.secondsLeft).toBeNull();
    expect(progress[4]?.secondsLeft).toBeGreaterThan(0);
    expect(progress[5]?.secondsLeft).toBe(0);
  });

  test('gives null when the person closes the dialog', async () => {
    const { baking, choice, baked } = await openBaking();
    choice.out = null;
    expect(await baking.bake({ model, adapters: [row('flat-ink')] })).toBeNull();
    expect(baked).toEqual([]);
  });

  test('replaces nothing that the dialog did not ask about', async () => {
    const { baking, folder, baked } = await openBaking();
    const path = join(folder, 'mine.text_encoder.safetensors');
    await writeFile(path, 'mine');
    await expect(baking.bake({ model, adapters: [row('flat-ink')] })).rejects.toMatchObject({
      ...{ kind: 'bad-input', file: path },
      message: `${path} is there already: choose another name, or move that file away.`,
    });
    expect(baked).toEqual([]);
  });

  test('refuses a second one while it works, and stops when it is told to', async () => {
    const { baking, baked } = await openBaking();
    const first = baking.bake({ model, adapters: [row('flat-ink')] });
    await until(() => baked.length === 1);
    await expect(baking.bake({ model, adapters: [row('flat-ink')] })).rejects.toMatchObject({ kind: 'bad-input' });
    baking.stop();
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await baking.bake({ model, adapters: [row('paper-grain')] })).not.toBeNull();
  });

  test('refuses what changes nothing, and what was made for another base, before it asks for a name', async () => {
    const { baking, shelf, asked } = await openBaking();
    await shelf.add('red-paper', { base: 'sdxl', fits: false, matched: 0, total: 722 });
    await expect(baking.bake({ model, adapters: [row('paper-grain', 0, 1)] })).rejects.toThrow('nothing to bake');
    await expect(baking.bake({ model, adapters: [row('red-paper')] })).rejects.toMatchObject({ kind: 'unfit-model' });
    expect(asked).toEqual([]);
  });

  test('suggests a name that any file system takes', async () => {
    const { baking, shelf, asked } = await openBaking();
    const plain = await shelf.add('plain');
    shelf.adapters.push({ ...plain, id: 'id-of-odd', name: 'x<b>: "y"?\\*|' });
    await baking.bake({ model, adapters: [row('odd')] });
    expect(asked).toEqual(['Inkstone pictures + x b y.safetensors']);
  });
});
