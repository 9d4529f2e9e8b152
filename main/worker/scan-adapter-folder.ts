import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';
import type { FoundAdapter } from '../../app/contracts/worker.js';
import { fileError } from './file-error.js';
import { sidecarsOf } from './sidecars.js';

/**
 * Every `.safetensors` below a folder, or the one file that is named. Links are followed, and no folder is walked
 * twice; hidden ones and hidden files (macOS keeps `._NAME` beside NAME) are left alone.
 */
export async function scanAdapterFolder(request: { folder: string }): Promise<FoundAdapter[]> {
  const folder = resolve(request.folder);
  const found = await stat(folder).catch((error: unknown) => {
    throw fileError(error, folder, 'read');
  });
  if (!found.isDirectory()) {
    const beside = await readdir(dirname(folder)).catch(() => []);
    return identify(dirname(folder), [basename(folder)], new Set(beside));
  }
  const walk: Walk = { root: folder, walked: new Set(), entries: 0, adapters: [] };
  await walkFolder(folder, walk);
  return walk.adapters;
}

interface Walk {
  readonly root: string;
  /** Real paths: a link back up would never end. */
  readonly walked: Set<string>;
  entries: number;
  readonly adapters: FoundAdapter[];
}

/** Nobody's folder of adapters holds so much; somebody's whole disk does. */
const mostEntries = 200_000;

async function walkFolder(folder: string, walk: Walk): Promise<void> {
  const real = await realpath(folder).catch(() => folder);
  if (walk.walked.has(real)) return;
  walk.walked.add(real);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (folder === walk.root) throw fileError(error, folder, 'read');
    return []; // a folder inside that may not be read is as good as empty
  });
  walk.entries += entries.length;
  if (walk.entries > mostEntries) {
    throw new StudioError(
      'bad-input',
      `${walk.root} holds more than ${mostEntries.toLocaleString('en-GB')} files and folders: choose the folder that your adapters are in.`,
      { file: walk.root },
    );
  }
  const names: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(folder, entry.name)) : entry.isDirectory();
    if (isFolder) folders.push(entry.name);
    else if (/\.safetensors$/i.test(entry.name)) names.push(entry.name);
  }
  walk.adapters.push(...(await identify(folder, names, new Set(entries.map(({ name }) => name)))));
  for (const name of folders) await walkFolder(join(folder, name), walk);
}

const leadsToFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Some at a time: thousands of questions at once gain nothing and keep others waiting. */
const atOnce = 32;

async function identify(
  folder: string,
  names: readonly string[],
  beside: ReadonlySet<string>,
): Promise<FoundAdapter[]> {
  const adapters: FoundAdapter[] = [];
  for (let start = 0; start < names.length; start += atOnce) {
    const some = names.slice(start, start + atOnce).map(async (name) => {
      const path = join(folder, name);
      const files = [path, ...sidecarsOf(path, beside).map((sidecar) => join(folder, sidecar))];
      const [own, ...others] = await Promise.all(files.map(identity));
      return own === null || own === undefined
        ? null
        : { path, identity: [own, ...others.filter((other) => other !== null)].join('|') };
    });
    adapters.push(...(await Promise.all(some)).filter((adapter) => adapter !== null));
  }
  return adapters;
}

/** As app/storage/file-identity.ts writes it; null for a file that went in this moment, and for what is no file. */
async function identity(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found?.isFile() ? `${found.size}:${found.mtimeNs}:${found.ino}` : null;
}
