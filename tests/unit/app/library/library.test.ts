import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Library } from '../../../../app/library/library.js';
import { ModelHashing } from '../../../../app/library/model-hashing.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { makeModel, makePlace, until, workerInProcess } from '../test-parts.js';

async function openLibrary(place?: Awaited<ReturnType<typeof makePlace>>) {
  const { root, home: folder, embeddedModels } = place ?? (await makePlace());
  const home = homeAt(folder);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const worker = workerInProcess();
  const library = new Library({ database, home, worker, embeddedModels });
  return { root, home, embeddedModels, database, worker, library };
}
const language = {
  name: 'A llama',
  kind: 'language',
  family: 'llama',
  format: 'gguf',
  language: { parameters: 1e9, contextLength: 512, chats: true },
} as const;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('Library', () => {
  test('lists the embedded model first, and does not let go of it', async () => {
    const { root, library } = await openLibrary();
    const { model } = await library.importModel(await makeModel(join(root, 'mine')));
    expect((await library.list()).map(({ id }) => id)).toEqual(['embedded-pictures', model.id]);
    await expect(library.forget('embedded-pictures')).rejects.toMatchObject({
      kind: 'bad-input',
      message: 'Inkstone pictures ships with the studio and cannot be removed.',
    });
  });

  test('gives the same entry for the same folder, by whatever path', async () => {
    const { root, library } = await openLibrary();
    const folder = await makeModel(join(root, 'mine'));
    const first = await library.importModel(folder);
    await symlink(folder, join(root, 'link'));
    const again = await library.importModel(`${join(root, 'link')}/`);
    expect([first.added, again.added]).toEqual([true, false]);
    expect(again.model).toEqual(first.model);
    expect(await library.list()).toHaveLength(2);
  });

  test('changes and copies nothing of an imported model', async () => {
    const { root, home, library } = await openLibrary();
    const folder = await makeModel(join(root, 'mine'));
    const { model, bytesWritten } = await library.importModel(folder);
    expect(bytesWritten).toBe(0);
    expect(model.path).toBe(folder);
    expect((await readdir(folder)).sort()).toEqual(['description.json', 'weights.bin']);
    expect(await readdir(home.root)).not.toContain('models');
  });

  test('copies when told to, and the copy is the entry', async () => {
    const { root, home, library } = await openLibrary();
    await mkdir(home.models);
    await mkdir(join(home.models, 'mine'));
    const { model, bytesWritten } = await library.importModel(await makeModel(join(root, 'mine')), { copy: true });
    expect(bytesWritten).toBeGreaterThan('weights'.length);
    expect(model.path).toBe(join(home.models, '2-mine'));
    expect(await readdir(model.path)).toContain('weights.bin');
    expect(await readdir(home.models)).toEqual(['2-mine', 'mine']);
  });

  test.each([
    [{ kind: 'autoencoder' as const, name: 'TAESD' }, 'TAESD is an autoencoder, not a diffusion model'],
    [{ format: 'component', name: 'unet' }, 'unet is one component of a diffusion model: import the folder above it'],
  ])('refuses %o and stays as it was', async (change, sentence) => {
    const { root, library } = await openLibrary();
    const folder = await makeModel(join(root, 'other'), change);
    await expect(library.importModel(folder)).rejects.toMatchObject({
      kind: 'unfit-model',
      message: expect.stringContaining(sentence) as string,
      file: folder,
    });
    expect(await library.list()).toHaveLength(1);
  });

  test.each([
    { kind: 'inception' as const, format: 'torch', name: 'pt_inception' },
    { kind: 'clip' as const, format: 'component', name: 'ViT' },
  ])('takes what measures pictures, and draws and talks with none of it: %o', async (measure) => {
    const { root, library } = await openLibrary();
    const { model } = await library.importModel(await makeModel(join(root, 'measure'), measure));
    expect((await library.list()).map(({ id }) => id)).toContain(model.id);
    expect(model.kind).toBe(measure.kind);
    await expect(library.resolvePictures(model.id)).rejects.toThrow(`${measure.name} is`);
    await expect(library.resolvePictures(model.id)).rejects.toThrow('it measures them in Evaluate');
    await expect(library.resolveLanguage(model.id)).rejects.toThrow('and writes no text: it measures pictures');
  });

  test('takes a language model, and has the storyteller after the pictures where it ships', async () => {
    const place = await makePlace();
    await makeModel(join(place.embeddedModels, 'storyteller'), { ...language, name: 'Storyteller' });
    const { root, library } = await openLibrary(place);
    const { model } = await library.importModel(await makeModel(join(root, 'llama'), language));
    expect(model).toMatchObject({ kind: 'language', language: { contextLength: 512 } });
    expect((await library.list()).map(({ id }) => id)).toEqual(['embedded-pictures', 'embedded-storyteller', model.id]);
    await expect(library.forget('embedded-storyteller')).rejects.toMatchObject({ kind: 'bad-input' });
  });

  test('offers the language model that answered last while it is there, else the storyteller', async () => {
    const place = await makePlace();
    await makeModel(join(place.embeddedModels, 'storyteller'), { ...language, name: 'Storyteller' });
    const { root, library } = await openLibrary(place);
    expect(await library.resolveLanguage(undefined)).toMatchObject({ id: 'embedded-storyteller' });
    const { model } = await library.importModel(await makeModel(join(root, 'llama'), language));
    library.rememberLanguage(model.id);
    expect(await library.resolveLanguage(undefined)).toMatchObject({ id: model.id });
    await rename(join(root, 'llama'), join(root, 'away'));
    expect(await library.resolveLanguage(undefined)).toMatchObject({ id: 'embedded-storyteller' });
  });

  test('refuses to draw with a language model and to talk with a picture model', async () => {
    const { root, library } = await openLibrary();
    const { model } = await library.importModel(await makeModel(join(root, 'llama'), language));
    await expect(library.resolvePictures(model.id)).rejects.toMatchObject({
      kind: 'unfit-model',
      message: 'A llama is a language model and makes no pictures: it answers in Chat, or with “chat”.',
    });
    await expect(library.resolveLanguage('embedded-pictures')).rejects.toMatchObject({
      kind: 'unfit-model',
      message: 'Inkstone pictures is a diffusion model and writes no text: it makes pictures, with “generate”.',
    });
    expect(await library.resolvePictures(undefined)).toMatchObject({ id: 'embedded-pictures' });
  });

  test('inspects without adding', async () => {
    const { root, library } = await openLibrary();
    expect(await library.inspect(await makeModel(join(root, 'mine')))).toMatchObject({ id: null, sha256: null });
    expect(await library.list()).toHaveLength(1);
  });

  test('marks a model whose files went or changed, and describes a changed one anew', async () => {
    const { root, library } = await openLibrary();
    const folder = await makeModel(join(root, 'mine'));
    const { id } = (await library.importModel(folder)).model;
    await makeModel(folder, { name: 'Second edition' }, 'other weights');
    expect(await library.get(id)).toMatchObject({ missing: true, name: 'Test pictures', sha256: null });
    expect(await library.refresh()).toBe(true);
    expect(await library.get(id)).toMatchObject({ missing: false, name: 'Second edition' });

    await rename(folder, join(root, 'elsewhere'));
    expect(await library.get(id)).toMatchObject({ missing: true });
    await expect(library.ready(id)).rejects.toMatchObject({ kind: 'missing-file', file: folder });
    await rename(join(root, 'elsewhere'), folder);
    expect(await library.get(id)).toMatchObject({ missing: false });
  });

  test('follows the embedded model to a new place, under the same id', async () => {
    const place = await makePlace();
    const first = await openLibrary(place);
    await first.library.list();
    first.database.close();
    const moved = join(place.root, 'version-2');
    await rename(place.embeddedModels, moved);
    const second = await openLibrary({ ...place, embeddedModels: moved });
    expect(await second.library.list()).toMatchObject([
      { id: 'embedded-pictures', path: join(moved, 'pictures'), missing: false },
    ]);
  });

  test('lists the rest when the embedded model is broken, and says so when it is used', async () => {
    const place = await makePlace();
    const { root, library } = await openLibrary({ ...place, embeddedModels: join(place.root, 'nothing') });
    await library.importModel(await makeModel(join(root, 'mine')));
    expect(await library.list()).toHaveLength(1);
    await expect(library.resolve(undefined)).rejects.toMatchObject({ kind: 'unfit-model' });
  });
});

describe('Library.resolve', () => {
  test('takes nothing for the embedded model, else a path, an id, or a name', async () => {
    const { root, library } = await openLibrary();
    const folder = await makeModel(join(root, 'mine'), { name: 'My Ink' });
    const { model } = await library.importModel(folder);
    const unlisted = await makeModel(join(root, 'unlisted'));
    expect(await library.resolve(undefined)).toMatchObject({ id: 'embedded-pictures' });
    expect(await library.resolve(folder)).toEqual(model);
    expect(await library.resolve('unlisted', root)).toMatchObject({ id: null, path: unlisted });
    expect(await library.resolve(model.id)).toEqual(model);
    expect(await library.resolve('my ink')).toEqual(model);
  });

  test('refuses a name that two models have, and one that none has', async () => {
    const { root, library } = await openLibrary();
    for (const name of ['a', 'b']) await library.importModel(await makeModel(join(root, name), { name: 'Twin' }));
    await expect(library.resolve('twin')).rejects.toThrow(/^2 models are named twin: choose one by its id \(twin-/);
    await expect(library.resolve('nobody')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(library.resolve('./no/where')).rejects.toMatchObject({ kind: 'missing-file' });
  });
});

describe('ModelHashing', () => {
  test('hashes what has no hash, once', async () => {
    const { library, worker } = await openLibrary();
    await library.list();
    let hashed = 0;
    const hashing = new ModelHashing(library, worker, async () => void (hashed += 1));
    hashing.start();
    await hashing.idle();
    hashing.start();
    await hashing.idle();
    expect(hashed).toBe(1);
    expect((await library.get('embedded-pictures')).sha256).toBe(sha256('weights'));
  });

  test('goes on after a restart, and hashes a changed file again', async () => {
    const place = await makePlace();
    const first = await openLibrary(place);
    await first.library.list();
    const never: typeof first.worker = { ...first.worker, hashFile: () => new Promise(() => undefined) };
    new ModelHashing(first.library, never, () => Promise.resolve()).start();

    const second = await openLibrary(place);
    const hashing = new ModelHashing(second.library, second.worker, () => Promise.resolve());
    hashing.start();
    await hashing.idle();
    expect((await second.library.get('embedded-pictures')).sha256).toBe(sha256('weights'));

    await writeFile(join(place.embeddedModels, 'pictures', 'weights.bin'), 'changed');
    expect((await second.library.get('embedded-pictures')).sha256).toBeNull();
    await second.library.refresh();
    hashing.start();
    await hashing.idle();
    expect((await second.library.get('embedded-pictures')).sha256).toBe(sha256('changed'));
  });

  test('does not keep the hash of a file that changed while it was read', async () => {
    const { library, worker, embeddedModels } = await openLibrary();
    await library.list();
    const slow: typeof worker = {
      ...worker,
      hashFile: async (...request) => {
        const hash = await worker.hashFile(...request);
        await writeFile(join(embeddedModels, 'pictures', 'weights.bin'), 'changed');
        return hash;
      },
    };
    const hashing = new ModelHashing(library, slow, () => Promise.resolve());
    hashing.start();
    await hashing.idle();
    await library.refresh();
    expect((await library.get('embedded-pictures')).sha256).toBeNull();
  });

  test('stops when it is closed', async () => {
    const { library, worker } = await openLibrary();
    await library.list();
    let asked = false;
    const waiting: typeof worker = {
      ...worker,
      hashFile: (_request, _progress, signal) => {
        asked = true;
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    };
    const hashing = new ModelHashing(library, waiting, () => Promise.resolve());
    hashing.start();
    await until(() => asked);
    await hashing.close();
    expect((await library.get('embedded-pictures')).sha256).toBeNull();
  });
});
