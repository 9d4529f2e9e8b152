import { randomUUID } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Desktop } from '../contracts/desktop.js';
import { StudioError } from '../contracts/studio-error.js';

export interface SaveAs {
  /** What the dialog is called. */
  readonly title: string;
  /** Suggested without its ending; what no file system takes is left out. */
  readonly name: string;
  /** Where nothing of the name is left. */
  readonly otherwise: string;
  /** `.json` */
  readonly ending: string;
}

/** Where a person wants a file to be; null when they close the dialog. */
export async function chooseFile(
  desktop: Pick<Desktop, 'chooseSave'>,
  { title, name, otherwise, ending }: SaveAs,
): Promise<string | null> {
  const chosen = await desktop.chooseSave(title, (fileName(name) || otherwise) + ending);
  if (chosen === null) return null;
  // A name that was typed without an ending gets the right one, unless that would replace a file unasked.
  return /\.[^./\\]+$/.test(chosen) || (await exists(chosen + ending)) ? chosen : chosen + ending;
}

/** Beside it and renamed: a file that was there stays whole until the new one is. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const half = `${path}.part-${randomUUID()}`;
  try {
    await writeFile(half, text, { flag: 'wx' });
    await rename(half, path);
  } catch (cause) {
    await rm(half, { force: true });
    throw new StudioError('storage', `${path} could not be written; check that its folder is yours and has room.`, {
      file: path,
      cause,
    });
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What every file system takes. */
function fileName(title: string): string {
  const safe = title
    .replace(/[\p{Cc}<>:"/\\|?*…]/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  return safe.slice(0, 100).trim();
}
