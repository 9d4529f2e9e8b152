import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PictureReceipt } from '../../../../app/contracts/gallery.js';
import type { EventOf } from '../../../../app/contracts/window.js';
import { Gallery } from '../../../../app/gallery/gallery.js';
import { GalleryScores, rememberClip, scoredBy } from '../../../../app/gallery/gallery-scores.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { memory as memoryOf } from '../../../../app/storage/memory.js';
import { embeddedModels, evaluationEngine } from '../evaluation/evaluation-parts.js';
import { settings, temporaryFolder, workerInProcess } from '../test-parts.js';

const receiptOf = (prompt: string): PictureReceipt => ({
  ...{ inkstone: '0.1.0', onnxruntime: '1.30.0', settings: { ...settings, prompt }, adapters: [], device: 'cpu' },
  ...{ model: { name: 'Test', family: 'custom', sha256: null }, noise: 'cpu', notices: [] },
  seconds: { load: 0, denoise: 0, decode: 0, total: 0 },
});

/** A gallery of flat pictures: `a` and `b` with prompts, `c` without. */
async function open() {
  const home = homeAt(join(temporaryFolder(), 'home'));
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  onTestFinished(() => database.close());
  const [worker, engine, memory] = [workerInProcess(), evaluationEngine(), memoryOf(database)];
  const gallery = new Gallery({ database, home, worker, scoredBy: () => scoredBy(memory), onChanged: () => undefined });
  const prompts = { a: 'a red heart <lora:ink:1>', b: 'a blue boat', c: '' };
  for (const [index, [id, prompt]] of Object.entries(prompts).entries()) {
    const path = join(home.pictures, `day/${id}.png`);
    await mkdir(dirname(path), { recursive: true });
    const rgb = new Uint8Array(64 * 64 * 3).map((_, i) => (i * (index + 3)) % 251);
    const picture = { rgb, width: 64, height: 64, path, overwrite: false, text: [], thumbnail: null };
    const { bytes } = await worker.savePicture(picture);
    const [width, height] = [64, 64];
    gallery.add({ id, path: `day/${id}.png`, width, height, bytes, createdAt: index, receipt: receiptOf(prompt) });
  }
  const progress: EventOf<'gallery.score-progress'>[] = [];
  const scores = new GalleryScores({
    ...{ engine, worker, gallery, memory, home, embeddedModels, device: () => 'cpu' as const },
    modelPath: (wish) => Promise.resolve(wish),
    onProgress: (step) => progress.push(step),
  });
  const list = (sort: 'newest' | 'oldest' | 'best-score' | 'worst-score') =>
    gallery.list({ text: '', kept: false, bin: false, sort });
  return { home, gallery, scores, progress, engine, memory, list };
}

describe('CLIP scores of the gallery', () => {
  test('are given once, shown, and sorted by, pictures without one last', async () => {
    const { scores, list, progress, engine } = await open();
    expect(list('newest').map(({ clipScore }) => clipScore)).toEqual([null, null, null]);
    const { scored, notices } = await scores.score(['a', 'b', 'c', 'nobody']);
    expect(scored).toBe(2);
    expect(notices.join(' ')).toMatch(/embedded CLIP.*not comparable.*1 picture has no prompt/);
    expect(progress.at(-1)).toMatchObject({ done: 2, of: 2, secondsLeft: 0 });
    const best = list('best-score');
    expect(best[2]).toMatchObject({ id: 'c', clipScore: null });
    expect(best[0]?.clipScore).toBeGreaterThan(best[1]?.clipScore ?? 100);
    expect(list('worst-score').map(({ id }) => id)).toEqual([best[1]?.id, best[0]?.id, 'c']);

    Object.assign(engine, { embedPictures: () => Promise.reject(new Error('It is known already.')) });
    await expect(scores.score(['a', 'b'])).resolves.toMatchObject({ scored: 0 });
  });

  test('of another network do not mix with these', async () => {
    const { scores, list, memory, gallery } = await open();
    await scores.score(['a', 'b']);
    const before = list('best-score').map(({ clipScore }) => clipScore);
    rememberClip(memory, join(embeddedModels, 'pictures', 'clip'));
    const { notices } = await scores.score(['a']); // the same file by another way: the same network
    expect(notices.join(' ')).not.toMatch(/embedded/);
    expect(list('best-score').map(({ clipScore }) => clipScore)).toEqual(before);
    gallery.rows.setScore('a', 'f'.repeat(64), 99);
    expect(list('best-score').map(({ clipScore }) => clipScore)).toEqual(before);
  });

  test('of pictures that are gone or broken are left out, with a reason', async () => {
    const { scores, home } = await open();
    await rm(join(home.pictures, 'day/a.png'));
    const { scored, notices } = await scores.score(['a', 'b']);
    expect(scored).toBe(1);
    expect(notices.join(' ')).toMatch(/1 picture is gone from the disk/);
  });

  test('stop and keep what was scored', async () => {
    const { scores, engine, list } = await open();
    const embed = engine.embedPictures as (...all: never[]) => Promise<unknown>;
    Object.assign(engine, {
      embedPictures: async (...all: never[]) => {
        scores.stop();
        return embed(...all);
      },
    });
    const { scored, notices } = await scores.score(['a', 'b']);
    expect(scored).toBe(0);
    expect(notices.join(' ')).toMatch(/Stopped after 0 pictures/);
    expect(list('newest').every(({ clipScore }) => clipScore === null)).toBe(true);
  });
});
