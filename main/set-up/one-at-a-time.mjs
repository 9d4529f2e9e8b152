import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Hold a lock file while `work` runs, so that two commands started at once in a fresh clone do not install or build
 * over each other. A lock whose owner has died is taken over.
 * @template T
 * @param {string} lockFile
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function oneAtATime(lockFile, work) {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  while (!take(lockFile)) await wait(100);
  try {
    return await work();
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}

/** @param {string} lockFile */
function take(lockFile) {
  // The file appears whole, owner and all, or not at all: written beside, then linked into place.
  const mine = `${lockFile}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lockFile);
    return true;
  } catch {
    if (!ownerLives(lockFile)) fs.rmSync(lockFile, { force: true });
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/** @param {string} lockFile */
function ownerLives(lockFile) {
  try {
    const owner = Number(fs.readFileSync(lockFile, 'utf8'));
    process.kill(owner, 0);
    return true;
  } catch (error) {
    // Gone meanwhile (ENOENT) or owned by a dead process (ESRCH): free. Another person's process (EPERM): alive.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
