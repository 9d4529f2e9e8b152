import { randomBytes } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-error.js';

/**
 * Write a file so that it is either all there or not at all: beside, synced, then moved into place. Without
 * `overwrite`, a file of that name is refused, also one that appears in this very moment.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array,
  { overwrite }: { overwrite: boolean },
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    if (!overwrite) await refuseExisting(path);
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(beside, path);
    else await moveToFreeName(beside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(beside, { force: true });
    throw fileError(error, path, 'written');
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
}

/** A hard link fails when the name is taken, at once and for certain; `rename` would replace. */
async function moveToFreeName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (taken) throw error;
    // Some file systems (exFAT, network shares) have no hard links; the look before is all there is then.
    await refuseExisting(to);
    await rename(from, to);
    return;
  }
  await rm(from);
}

/** Makes the new name itself last through a power cut, where the system lets a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
