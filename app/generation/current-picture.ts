import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import type { PictureAdapters } from '../adapters/picture-adapters.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import { thumbnailSide, type Gallery, type NewPicture } from '../gallery/gallery.js';
import { readOwnMetadata } from '../gallery/picture-metadata.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import type { CurrentPicture, JobRow, JobRows } from './job-rows.js';
import { savePicture, type MadePicture } from './make-picture.js';

/**
 * The file of the picture that a job is making. Its path is promised before the first step, and the picture's id is
 * written into it: that is how the next start knows a file that was saved before its row.
 */

interface Places {
  readonly home: Home;
  readonly worker: Worker;
  readonly gallery: Gallery;
}

/** Of the picture that comes next: each has its own. */
export const seedOf = ({ settings, pictures }: JobRow): number => settings.seed + pictures.length;

/** Name the picture on the disk, or go on with the one that was named; `step` is how far that one has come. */
export async function nameCurrent(
  job: JobRow,
  step: number,
  { model, adapters }: FilesOfPicture,
  rows: JobRows,
  gallery: Gallery,
): Promise<CurrentPicture> {
  const now = await identitiesOf({ model, adapters });
  if (job.current !== null) {
    const changed = firstChanged(job.current, now, model);
    if (changed === null) return job.current;
    if (step > 0) {
      throw new StudioError(
        'file-changed',
        `${basename(changed)} changed while it was in use: the steps made so far belong to the old file, so the picture must start again.`,
        { file: changed },
      );
    }
  }
  const current = { id: randomUUID(), path: await freePath(job, rows, gallery), ...now };
  rows.begin(job.id, current, 0);
  return current;
}

/** The file that was replaced while the picture was made from it; null when all are as they were at its first step. */
export async function changedSince(current: CurrentPicture, files: FilesOfPicture): Promise<string | null> {
  return firstChanged(current, await identitiesOf(files), files.model);
}

/** What a picture's steps are made from. */
interface FilesOfPicture {
  readonly model: Model;
  readonly adapters: PictureAdapters;
}

type Identities = Pick<CurrentPicture, 'modelIdentity' | 'adapters'>;

async function identitiesOf({ model, adapters }: FilesOfPicture): Promise<Identities> {
  const files = await Promise.all(adapters.files.map(async ({ file }) => [file, await fileIdentity(file)] as const));
  return { modelIdentity: await fileIdentity(model.hashedFile), adapters: Object.fromEntries(files) };
}

/** Another adapter under the same name in the prompt is a change too. */
function firstChanged(before: Identities, now: Identities, model: Model): string | null {
  if (before.modelIdentity !== now.modelIdentity) return model.hashedFile;
  const adapters = new Set([...Object.keys(before.adapters), ...Object.keys(now.adapters)]);
  return [...adapters].find((file) => before.adapters[file] !== now.adapters[file]) ?? null;
}

/** A stranger's file took the name: the same picture, with the steps it has, under another. */
export async function renameCurrent(
  job: JobRow,
  current: CurrentPicture,
  rows: JobRows,
  gallery: Gallery,
): Promise<void> {
  rows.begin(job.id, { ...current, path: await freePath(job, rows, gallery) }, job.step);
}

/** One that is promised to no other job either. */
function freePath(job: JobRow, rows: JobRows, gallery: Gallery): Promise<string> {
  const promised = new Set(rows.all().flatMap((each) => each.current?.path ?? []));
  return gallery.freePath({ prompt: job.settings.prompt, seed: seedOf(job) }, Date.now(), promised);
}

/** The file first: its row follows. */
export async function saveCurrent(
  { id, path }: CurrentPicture,
  made: MadePicture,
  { home, worker, gallery }: Places,
): Promise<NewPicture> {
  const { width, height } = made.generated;
  const entry = { id, createdAt: Date.now() };
  const bytes = await savePicture(worker, made, {
    path: join(home.pictures, path),
    overwrite: false,
    thumbnail: { path: gallery.thumbnailOf(id), side: thumbnailSide },
    entry,
  });
  return { ...entry, path, width, height, bytes, receipt: made.receipt };
}

/** The file is there: when it is ours, only the row was missing; null when it is a stranger's. */
export async function savedByAnEarlierLife(
  current: CurrentPicture,
  { home, worker }: Pick<Places, 'home' | 'worker'>,
): Promise<NewPicture | null> {
  const file = await worker.readPicture({ path: join(home.pictures, current.path) }).catch(() => null);
  const own = file === null ? null : readOwnMetadata(file.text);
  if (file === null || own?.picture?.id !== current.id) return null;
  const { picture, ...receipt } = own;
  return { ...picture, path: current.path, width: file.width, height: file.height, bytes: file.bytes, receipt };
}
