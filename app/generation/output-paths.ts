import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { StudioError } from '../contracts/studio-error.js';
import { fileIdentity } from '../storage/file-identity.js';

/**
 * Where the pictures of `--out PATH` go. One picture: PATH itself; several: `-1`, `-2` ... before the extension; a
 * folder: numbered files after those that are there. The folders are made. Throws before any work is done when a file
 * is there already and `force` was not given.
 */
export async function outputPaths(out: string, count: number, force: boolean): Promise<string[]> {
  const path = resolve(out);
  if (/[/\\]$/.test(out) || (await isFolder(path))) return numberedPaths(path, count);
  const extension = extname(path);
  if (extension.toLowerCase() !== '.png') {
    const sentence = `Pictures are written as PNG: name a .png file instead of ${out}, or a folder with a slash at its end.`;
    throw new StudioError('bad-input', sentence, { file: path });
  }
  await makeFolder(dirname(path));
  const stem = path.slice(0, path.length - extension.length);
  const paths = count === 1 ? [path] : Array.from({ length: count }, (_, k) => `${stem}-${k + 1}${extension}`);
  for (const each of paths) {
    const there = await fileIdentity(each);
    if (there !== null && (!force || (await isFolder(each)))) {
      throw new StudioError(
        'bad-input',
        `${each} is there already: choose another name, or add --force to replace it.`,
        {
          file: each,
        },
      );
    }
  }
  return paths;
}

/** `00001.png`, `00002.png` ...: nothing is ever replaced in a folder. */
async function numberedPaths(folder: string, count: number): Promise<string[]> {
  await makeFolder(folder);
  const numbers = (await readdir(folder)).map((name) => Number(/^(\d+)\.png$/i.exec(name)?.[1] ?? 0));
  const last = numbers.reduce((most, number) => Math.max(most, number), 0);
  return Array.from({ length: count }, (_, k) => join(folder, `${String(last + k + 1).padStart(5, '0')}.png`));
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new StudioError('storage', `The folder ${folder} cannot be made; choose another place with --out.`, {
      file: folder,
      cause,
    });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
