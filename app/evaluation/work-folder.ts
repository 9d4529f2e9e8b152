import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../contracts/studio-error.js';
import type { Home } from '../storage/home.js';

/** Work in a folder of its own for matrices; it is gone afterwards. */
export async function inWorkFolder<T>(
  { evaluations }: Pick<Home, 'evaluations'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(evaluations, `work-${process.pid}-${randomUUID()}`);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new StudioError('storage', `${evaluations} cannot be written; check that it is yours and has room.`, {
      file: evaluations,
      cause,
    });
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Delete what processes left that were ended in the middle of their work. */
export async function sweepWorkFolders({ evaluations }: Pick<Home, 'evaluations'>): Promise<void> {
  for (const name of await readdir(evaluations).catch(() => [])) {
    const pid = /^work-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(evaluations, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
