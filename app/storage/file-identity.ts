import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/**
 * What tells a file from another one, or from itself after a change, without reading it: size, time in nanoseconds
 * and inode. Null where there is no such file. Only ever compared with another identity.
 */
export type FileIdentity = string;

export async function fileIdentity(path: string): Promise<FileIdentity | null> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true });
    return `${size}:${mtimeNs}:${ino}`;
  } catch {
    return null;
  }
}

/** A model folder holds some twenty files; more than this many is no model folder, and is not walked to its end. */
const mostFilesLookedAt = 500;

/**
 * The identities of everything that describes a model: all files of a folder and of its direct subfolders, or a single
 * file and its card. Null where the path is gone.
 */
export async function modelFilesIdentity(path: string): Promise<FileIdentity | null> {
  const own = await fileIdentity(path);
  if (own === null) return null;
  let files: string[];
  try {
    files = await filesBelow(path, 2);
  } catch {
    files = [path, join(dirname(path), `${basename(path, extname(path))}.inkstone.json`)];
  }
  const lines = await Promise.all(
    files.slice(0, mostFilesLookedAt).map(async (file) => [file, await fileIdentity(file)]),
  );
  return lines
    .map(([file, identity]) => `${file?.slice(path.length)}=${identity}`)
    .sort()
    .join('|');
}

async function filesBelow(folder: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 1) found.push(...(await filesBelow(path, depth - 1)));
    else if (!entry.isDirectory()) found.push(path);
    if (found.length > mostFilesLookedAt) break;
  }
  return found;
}
