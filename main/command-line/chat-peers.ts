/** Other engines that `bench --peers` measures beside the studio: what they are, and where their packages go. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Part of a checkout, not of the packed app. */
const source = fileURLToPath(new URL('../../tests/peers/chat/', import.meta.url));

interface PeerEngine {
  readonly name: string;
  /** What the studio's ratio to it should be. */
  readonly aim: string;
  /** Its packages and their lock, from `source`. */
  readonly folder: string;
  readonly script: string;
  /** Of its optional packages those for this machine are needed; llama.cpp's name theirs, and have many others. */
  readonly optional: boolean;
}

export const llamaCpp: PeerEngine = {
  name: 'node-llama-cpp 3.22.1',
  aim: 'not slower',
  folder: '.',
  script: 'node-llama-cpp.mjs',
  optional: false,
};

/** `peers/exports/MODEL/float32` and `.../int4`, if `make_folders.py` has made them. */
export async function transformersExports(
  peers: string,
  modelPath: string,
): Promise<(PeerEngine & { readonly model: string })[]> {
  const exports = join(peers, 'exports', basename(modelPath).replace(/\.gguf$/i, ''));
  const engine = { folder: 'transformers-js', script: 'transformers.mjs', optional: true };
  const all = [
    { ...engine, name: 'transformers.js 4.3.1, float32', aim: 'three times', model: join(exports, 'float32') },
    { ...engine, name: 'transformers.js 4.3.1, int4', aim: '', model: join(exports, 'int4') },
  ];
  const there = await Promise.all(all.map(({ model }) => access(model).then(() => true, () => false))); // prettier-ignore
  return all.filter((_, n) => there[n]);
}

/**
 * The folder, in `peers`, where a peer's script finds its packages: installed from npm once for each state of their lock,
 * outside the studio's own.
 *
 * @param checkout `tests/peers/chat`, for a caller that was bundled to somewhere else.
 */
export async function installPeer(
  { name, folder, script, optional }: PeerEngine,
  peers: string,
  say: (sentence: string) => void,
  checkout = source,
): Promise<string> {
  const from = join(checkout, folder);
  const lock = await readFile(join(from, 'package-lock.json'));
  const to = join(peers, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  await mkdir(to, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', script]) await copyFile(join(from, file), join(to, file));
  const done = join(to, 'installed');
  if ((await readFile(done).catch(() => null)) !== null) return to;
  say(`Installing ${name} from npm, once.`);
  // Not “ci”: npm 11 leaves optional packages of other platforms out of a lock and then misses them.
  const left = optional ? [] : ['--omit=optional', '--omit=peer'];
  const args = ['install', '--ignore-scripts', ...left, '--no-audit', '--no-fund', '--no-save'];
  await promisify(execFile)('npm', args, { cwd: to, shell: process.platform === 'win32' });
  await copyFile(join(to, 'package.json'), done);
  return to;
}
