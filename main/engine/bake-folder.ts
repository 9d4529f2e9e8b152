import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made: Promise<string> | null = null;

/**
 * This process's folder for baked adapters, below the system's temporary one. An engine may be killed at any moment, so
 * nothing is left to its last words: the first one to bake removes what those before it left.
 */
export function bakeFolder(): Promise<string> {
  made ??= make();
  made.catch(() => (made = null)); // a full disk may have room again
  return made;
}

async function make(): Promise<string> {
  await removeAbandoned();
  return mkdtemp(join(tmpdir(), `inkstone-baked-${process.pid}-`));
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^inkstone-baked-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    // Another user's stays where it is.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
