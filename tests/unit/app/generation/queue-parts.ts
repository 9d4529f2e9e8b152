import { readdir } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import type { JobProgress, Queue } from '../../../../app/contracts/generation.js';
import type { PictureSummary } from '../../../../app/contracts/gallery.js';
import type { Notice } from '../../../../app/contracts/window.js';
import type { Worker } from '../../../../app/contracts/worker.js';
import { Gallery } from '../../../../app/gallery/gallery.js';
import { GenerationQueue } from '../../../../app/generation/generation-queue.js';
import { Library } from '../../../../app/library/library.js';
import { openDatabase } from '../../../../app/storage/database.js';
import { homeAt, makeHome } from '../../../../app/storage/home.js';
import { SmallShelf } from '../adapter-parts.js';
import { capabilities, makePlace, StepEngine, until, workerInProcess } from '../test-parts.js';

type Place = Awaited<ReturnType<typeof makePlace>>;
const everything = { text: '', kept: false, bin: false, sort: 'oldest' } as const;

/** A queue on real files and a real database. Opening another one on the same place is a restart after a kill. */
export async function openQueue(given?: { place?: Place; worker?: Worker; hangs?: boolean; shelf?: SmallShelf }) {
  const place = given?.place ?? (await makePlace());
  const shelf = given?.shelf ?? new SmallShelf(place.root);
  const worker = given?.worker ?? workerInProcess();
  const engine = new StepEngine();
  const home = homeAt(place.home);
  await makeHome(home);
  const { database } = await openDatabase(home.database);
  const added: PictureSummary[] = [];
  const progress: JobProgress[] = [];
  const notices: Notice[] = [];
  let latest: Queue = { jobs: [], secondsLeft: null };
  const gallery = new Gallery({
    ...{ database, home, worker },
    onChanged: (picture) => {
      if (picture !== null) added.push(picture);
    },
  });
  const library = new Library({ database, home, worker, embeddedModels: place.embeddedModels });
  const queue = new GenerationQueue({
    ...{ database, home, engine, worker, library, adapters: shelf, gallery, version: '0.1.0' },
    capabilities: () => Promise.resolve(capabilities),
    device: () => 'auto',
    onQueue: (state) => (latest = state),
    onProgress: (step) => progress.push(step),
    onNotice: (notice) => notices.push(notice),
  });
  // One that hangs was killed: there is nothing to close.
  if (!given?.hangs) onTestFinished(() => queue.close());
  const pictures = () => gallery.list(everything).map(({ id }) => gallery.get(id));
  const idle = () => until(() => latest.jobs.every(({ state }) => state === 'failed' || state === 'stopped'));
  const checkpoints = () => readdir(home.checkpoints);
  return {
    ...{ place, worker, engine, home, database, gallery, library, queue, added, progress, notices, pictures, idle },
    ...{ shelf, checkpoints, latest: () => latest },
  };
}

/** Holds the engine before a step until `release`. */
export function holdBefore(engine: StepEngine, held: number): { reached: Promise<void>; release: () => void } {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => {
    engine.beforeStep = async (step) => {
      if (step !== held) return;
      resolve();
      await gate;
    };
  });
  return { reached, release };
}
