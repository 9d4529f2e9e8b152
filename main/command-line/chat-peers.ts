import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Part of a checkout, not of the packed app. */
const source = fileURLToPath(new URL('../../tests/peers/chat/', import.meta.url));
const files = ['package.json', 'package-lock.json', 'node-llama-cpp.mjs'];

export const llamaCpp = { name: 'node-llama-cpp 3.22.1', aim: 'not slower', script: 'node-llama-cpp.mjs' } as const;

/**
 * The folder, in `cache`, where the peers' scripts find their packages: installed from npm once for each state of their
 * lock, outside the studio's own.
 *
 * @param checkout Where `tests/peers/chat` is, for a caller that was bundled to somewhere else.
 */
export async function installChatPeers(
  cache: string,
  say: (sentence: string) => void,
  checkout = source,
): Promise<string> {
  const lock = await readFile(join(checkout, 'package-lock.json'));
  const folder = join(cache, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  await mkdir(folder, { recursive: true });
  for (const name of files) await copyFile(join(checkout, name), join(folder, name));
  const done = join(folder, 'installed');
  if ((await readFile(done).catch(() => null)) !== null) return folder;
  say('Installing node-llama-cpp from npm, once.');
  // Not “ci”: npm 11 leaves optional packages of other platforms out of a lock and then misses them.
  const args = [
    'install',
    '--ignore-scripts',
    '--omit=optional',
    '--omit=peer',
    '--no-audit',
    '--no-fund',
    '--no-save',
  ];
  await promisify(execFile)('npm', args, { cwd: folder, shell: process.platform === 'win32' });
  await copyFile(join(folder, 'package.json'), done);
  return folder;
}
