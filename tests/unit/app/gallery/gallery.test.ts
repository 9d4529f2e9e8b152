import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UsedAdapter } from '../../../../app/contracts/adapters.js';
import type { GalleryQuery } from '../../../../app/contracts/gallery.js';
import { Gallery } from '../../../../app/gallery/gallery.js';
import { writeMetadata } from '../../../../app/gallery/picture-metadata.js';
import { pictureName, pictureTitle } from '../../../../app/gallery/picture-names.js';
import { reconcile } from '../../../../app/gallery/reconcile.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { exists, settings, temporaryFolder, workerInProcess } from '../test-parts.js';
import { receiptOf } from '../adapter-parts.js';

const everything: GalleryQuery = { text: '', kept: false, bin: false, sort: 'newest' };
const never = new AbortController().signal;

async function openGallery(root = temporaryFolder()) {
  const home = homeAt(root);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const worker = workerInProcess();
  let changes = 0;
  const gallery = new Gallery({ database, home, worker, onChanged: () => (changes += 1) });
  let clock = Date.parse('2026-11-24T10:00:00');

  /** A real file and its row, as the queue makes them. */
  const addPicture = async (prompt: string, seed = 7, adapters: UsedAdapter[] = []) => {
    const createdAt = (clock += 1000);
    const path = await gallery.freePath({ prompt, seed }, createdAt, new Set());
    const receipt = {
      ...{ inkstone: '0.1.0', onnxruntime: '1.30.0', settings: { ...settings, prompt, seed } },
      ...{ model: { name: 'Inkstone pictures', family: 'custom', sha256: null }, device: 'cpu', noise: 'cpu' as const },
      ...{ adapters, notices: [], seconds: { load: 0, denoise: 0, decode: 0, total: 0 } },
    };
    const id = crypto.randomUUID();
    await mkdir(dirname(join(home.pictures, path)), { recursive: true });
    const { bytes } = await worker.savePicture({
      ...{ rgb: new Uint8Array(4 * 2 * 3), width: 4, height: 2, overwrite: false, thumbnail: null },
      path: join(home.pictures, path),
      text: writeMetadata(receipt, { id, createdAt }),
    });
    gallery.add({ id, path, width: 4, height: 2, bytes, createdAt, receipt });
    return { id, path };
  };
  const titles = (query: Partial<GalleryQuery> = {}) =>
    gallery.list({ ...everything, ...query }).map(({ title }) => title);
  return { home, database, worker, gallery, addPicture, titles, changes: () => changes };
}

describe('names', () => {
  test.each([
    ['a red heart, noto style', '2026-11-24/7-a-red-heart-noto-style'],
    ['../../etc/passwd: <b>"x"</b> | con?*', '2026-11-24/7-etc-passwd-b-x-b-con'],
    ['', '2026-11-24/7'],
    ['❤️!!', '2026-11-24/7'],
    ['赤い ハート', '2026-11-24/7-赤い-ハート'],
    ['x'.repeat(300), `2026-11-24/7-${'x'.repeat(48)}`],
    ['नमस्ते'.repeat(60), '2026-11-24/7-नमस्तेनमस्तेनमस्तेनमस्ते'],
    [`a${'\u0301'.repeat(300)}`, '2026-11-24/7'],
    ['word '.repeat(40), '2026-11-24/7-word-word-word-word-word-word-word-word-word'],
  ])('a file for %j is readable and has no odd characters', (prompt, name) => {
    expect(pictureName({ prompt, seed: 7 }, Date.parse('2026-11-24T10:00:00'))).toBe(name);
  });

  test('a title is one line and never cuts an emoji in two', () => {
    expect(pictureTitle(' a\n red  heart ')).toBe('a red heart');
    expect(pictureTitle('👩‍👩‍👧‍👦'.repeat(100))).toBe(`${'👩‍👩‍👧‍👦'.repeat(80)}…`);
    expect(pictureTitle('')).toBe('No prompt');
  });

  test('two pictures of one name get two files', async () => {
    const { addPicture } = await openGallery();
    expect((await addPicture('a cat')).path).toBe('2026-11-24/7-a-cat.png');
    expect((await addPicture('a cat')).path).toBe('2026-11-24/7-a-cat-2.png');
  });
});

describe('Gallery.list', () => {
  test('sorts by time, and finds words in prompt, model, sampler and seed', async () => {
    const { gallery, addPicture, titles } = await openGallery();
    await addPicture('Ein Äpfel-Café', 11);
    const cat = await addPicture('a cat', 22);
    await addPicture('a dog 100% _cute_', 33);
    expect(titles()).toEqual(['a dog 100% _cute_', 'a cat', 'Ein Äpfel-Café']);
    expect(titles({ sort: 'oldest' })[0]).toBe('Ein Äpfel-Café');
    expect(titles({ text: 'apfel cafe' })).toEqual(['Ein Äpfel-Café']);
    expect(titles({ text: 'INKSTONE ddim 22' })).toEqual(['a cat']);
    expect(titles({ text: '100% _cute_' })).toEqual(['a dog 100% _cute_']);
    expect(titles({ text: '%' })).toEqual(['a dog 100% _cute_']);
    expect(titles({ text: '"a dog"' })).toEqual(['a dog 100% _cute_']);
    expect(titles({ text: "x' OR 1=1 --" })).toEqual([]);
    gallery.keep(cat.id, true);
    expect(titles({ kept: true })).toEqual(['a cat']);
  });

  test('finds pictures by their adapters, and names them without tags', async () => {
    const { addPicture, titles } = await openGallery();
    const used = { weight: 1, textWeight: 1, how: 'live' as const, receipt: receiptOf('/loras/flat-ink.safetensors') };
    const { path } = await addPicture('a cat <lora:Ink:1>, red', 7, [
      { ...used, name: 'paper-grain', fromPrompt: false },
      { ...used, name: 'flat-ink', fromPrompt: true },
    ]);
    await addPicture('a dog', 8);
    expect(path).toMatch(/\/7-a-cat-red\.png$/);
    expect(titles({ text: 'grain' })).toEqual(['a cat , red']);
    expect(titles({ text: 'FLAT-INK cat' })).toEqual(['a cat , red']);
    expect(titles({ text: 'lora:ink' })).toEqual(['a cat , red']);
    expect(titles({ text: 'dog grain' })).toEqual([]);
  });

  test('answers for ten thousand pictures at once', async () => {
    const { database, gallery } = await openGallery();
    const receipt = {
      ...{ inkstone: '0.1.0', onnxruntime: '1.30.0', settings: { ...settings, prompt: 'a red heart '.repeat(20) } },
      ...{ model: { name: 'Inkstone pictures', family: 'custom', sha256: null }, device: 'cpu', noise: 'cpu' as const },
      ...{ adapters: [], notices: [], seconds: { load: 0, denoise: 0, decode: 0, total: 0 } },
    };
    database.transaction(() => {
      for (let k = 0; k < 10_000; k += 1)
        gallery.add({ id: `id-${k}`, path: `d/${k}.png`, width: 4, height: 2, bytes: 1, createdAt: k, receipt });
    });
    const started = performance.now();
    expect(gallery.list({ ...everything, text: 'heart' })).toHaveLength(10_000);
    expect(gallery.list(everything)[0]?.id).toBe('id-9999');
    // Some 40 ms for both; the bound only catches a search that went quadratic.
    expect(performance.now() - started).toBeLessThan(2000);
  }, 30_000);
});

describe('the bin', () => {
  test('takes a file out of the pictures and gives it back', async () => {
    const { home, gallery, addPicture, titles } = await openGallery();
    const { id, path } = await addPicture('a cat');
    expect(await gallery.bin([id, id, 'unknown'])).toBe(1);
    expect(titles()).toEqual([]);
    expect(titles({ bin: true })).toEqual(['a cat']);
    expect(await exists(join(home.bin, path))).toBe(true);
    expect(await exists(join(home.pictures, path))).toBe(false);
    expect(gallery.get(id)).toMatchObject({ path: join(home.bin, path), binnedAt: expect.any(Number) as number });

    expect(await gallery.restore([id])).toBe(1);
    expect(titles()).toEqual(['a cat']);
    expect(await gallery.pictureFile(id)).toBe(join(home.pictures, path));
  });

  test('is emptied from the disk, thumbnails too, and leaves the others', async () => {
    const { home, gallery, addPicture, titles } = await openGallery();
    const gone = await addPicture('gone');
    await addPicture('stays');
    const thumbnail = await gallery.thumbnailFile(gone.id);
    await gallery.bin([gone.id]);
    expect(await gallery.emptyBin()).toBe(1);
    expect(titles()).toEqual(['stays']);
    expect(await exists(join(home.bin, gone.path))).toBe(false);
    expect(await exists(thumbnail ?? '')).toBe(false);
    expect(() => gallery.get(gone.id)).toThrow('is not in the gallery any more');
  });

  test('does not replace a stranger’s file when a picture comes back', async () => {
    const { home, gallery, addPicture } = await openGallery();
    const { id, path } = await addPicture('a cat');
    await gallery.bin([id]);
    await writeFile(join(home.pictures, path), 'mine');
    await expect(gallery.restore([id])).rejects.toMatchObject({ kind: 'storage' });
    expect(await exists(join(home.bin, path))).toBe(true);
  });
});

describe('files and rows', () => {
  test('a thumbnail is made when it is absent, and once for many who ask', async () => {
    const { worker, gallery, addPicture } = await openGallery();
    const { id } = await addPicture('a cat');
    const files = await Promise.all([gallery.thumbnailFile(id), gallery.thumbnailFile(id)]);
    expect(new Set(files).size).toBe(1);
    expect(await worker.readPicture({ path: files[0] ?? '' })).toMatchObject({ format: 'webp', width: 4, height: 2 });
  });

  test('a picture whose file is gone is marked, and unmarked when it is back', async () => {
    const { home, gallery, addPicture } = await openGallery();
    const { id, path } = await addPicture('a cat');
    await rename(join(home.pictures, path), join(home.root, 'aside'));
    expect(await gallery.pictureFile(id)).toBeNull();
    expect(await gallery.thumbnailFile(id)).toBeNull();
    expect(gallery.list(everything)[0]).toMatchObject({ missing: true });
    await rename(join(home.root, 'aside'), join(home.pictures, path));
    await gallery.pictureFile(id);
    expect(gallery.list(everything)[0]).toMatchObject({ missing: false });
  });

  test('reconcile finds missing, returned and half-moved files', async () => {
    const { home, worker, gallery, addPicture, titles } = await openGallery();
    const lost = await addPicture('lost');
    const binnedByCrash = await addPicture('on its way to the bin');
    const restoredByCrash = await addPicture('on its way back');
    await gallery.bin([restoredByCrash.id]);
    await rm(join(home.pictures, lost.path));
    await mkdir(dirname(join(home.bin, binnedByCrash.path)), { recursive: true });
    await rename(join(home.pictures, binnedByCrash.path), join(home.bin, binnedByCrash.path));
    await rename(join(home.bin, restoredByCrash.path), join(home.pictures, restoredByCrash.path));

    expect(await reconcile(gallery, worker, never)).toEqual({ added: 0, mended: 3 });
    expect(titles()).toEqual(['on its way back', 'lost']);
    expect(titles({ bin: true })).toEqual(['on its way to the bin']);
    expect(gallery.list(everything)[1]).toMatchObject({ missing: true });
    expect(await reconcile(gallery, worker, never)).toEqual({ added: 0, mended: 0 });
  });

  test('a lost database is made again from the pictures themselves', async () => {
    const first = await openGallery();
    await first.addPicture('a cat');
    const binned = await first.addPicture('a binned dog');
    await first.gallery.bin([binned.id]);
    const before = first.gallery.list(everything);
    const receipt = first.gallery.get(before[0]?.id ?? '');
    first.database.close();
    const { root, database } = first.home;
    await copyFile(
      join(first.home.pictures, receipt.path.slice(first.home.pictures.length)),
      join(root, 'pictures/copy.png'),
    );
    await writeFile(join(root, 'pictures/no-picture.png'), 'text');
    for (const name of await readdir(root)) if (join(root, name).startsWith(database)) await rm(join(root, name));

    const second = await openGallery(root);
    expect(await reconcile(second.gallery, second.worker, never)).toMatchObject({ added: 2 });
    expect(second.titles()).toEqual(['a cat']);
    expect(second.titles({ bin: true })).toEqual(['a binned dog']);
    expect(second.gallery.list(everything)).toEqual(before);
    expect(second.gallery.get(before[0]?.id ?? '').receipt).toEqual(receipt.receipt);
  });
});
