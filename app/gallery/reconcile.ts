import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Gallery } from './gallery.js';
import { readOwnMetadata } from './picture-metadata.js';
import type { PictureRow } from './picture-rows.js';

export interface Reconciled {
  /** Files that carry the studio's own JSON and had no row: after a lost database, all of them. */
  readonly added: number;
  /** Rows whose file is gone, was found again, or lies in the other folder than the row said. */
  readonly mended: number;
}

/** While many files are taken in, the grid hears of them in lots of this many. */
const announceEvery = 200;

/**
 * Bring rows and files together again: after a crash in the middle of a move, after files were deleted or put back by
 * hand, and after a lost database, when the pictures tell their own story. The files are right wherever both differ.
 */
export async function reconcile(gallery: Gallery, worker: Worker, signal: AbortSignal): Promise<Reconciled> {
  const inPictures = await pngsBelow(gallery.home.pictures);
  const inBin = await pngsBelow(gallery.home.bin);
  const rows = gallery.rows.places();
  const known = new Set(rows.map((row) => row.path));

  let mended = 0;
  for (const row of rows) {
    if (signal.aborted) break;
    const here = (row.binnedAt === null ? inPictures : inBin).has(row.path);
    if (here === row.missing && (await gallery.exclusively(() => mend(gallery, row.id)))) mended += 1;
  }
  if (mended > 0) gallery.changed();

  let added = 0;
  const found = [
    ...[...inPictures].map((path) => ({ path, binned: false })),
    ...[...inBin].map((path) => ({ path, binned: true })),
  ];
  for (const { path, binned } of found) {
    if (signal.aborted) break;
    if (known.has(path) || !(await takeIn(gallery, worker, path, binned))) continue;
    added += 1;
    if (added % announceEvery === 0) gallery.changed();
  }
  if (added % announceEvery !== 0) gallery.changed();
  return { added, mended };
}

/** Look again now, alone: the lists above may be older than a move. True when the row had to change. */
async function mend(gallery: Gallery, id: string): Promise<boolean> {
  const row = gallery.rows.get(id);
  if (row === null) return false;
  if (await fileIdentity(gallery.fileOf(row))) return row.missing && gallery.rows.setMissing(id, false);
  const elsewhere: PictureRow = { ...row, binnedAt: row.binnedAt === null ? Date.now() : null };
  if (await fileIdentity(gallery.fileOf(elsewhere))) {
    gallery.rows.setMissing(id, false);
    return gallery.rows.setBinned(id, elsewhere.binnedAt);
  }
  return !row.missing && gallery.rows.setMissing(id, true);
}

async function takeIn(gallery: Gallery, worker: Worker, path: string, binned: boolean): Promise<boolean> {
  const file = join(binned ? gallery.home.bin : gallery.home.pictures, path);
  try {
    const { width, height, bytes, text } = await worker.readPicture({ path: file });
    const own = readOwnMetadata(text);
    if (own?.picture == null) return false;
    const { picture, ...receipt } = own;
    return gallery.add({ ...picture, path, width, height, bytes, receipt }, binned ? Date.now() : null);
  } catch {
    return false; // no picture, or a broken one: it is not ours to judge
  }
}

/** Paths below a folder of day folders, with '/'. */
async function pngsBelow(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const paths = new Set<string>();
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.toLowerCase().endsWith('.png')) continue;
    const below = join(entry.parentPath, entry.name).slice(folder.length + 1);
    paths.add(below.replaceAll('\\', '/'));
  }
  return paths;
}
