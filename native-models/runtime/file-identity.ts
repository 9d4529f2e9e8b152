/**
 * Is a file still the one that was opened? Weights are mapped, not read: a file that is replaced or cut while a
 * session has it mapped changes weights silently or kills the process (SIGBUS). Size, time and inode are checked
 * before each job and after a crash.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';

export interface FileIdentity {
  /** Absolute path. */
  readonly file: string;
  /** What messages call it; a download cache names the file itself by its hash. */
  readonly label: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** 0 where the file system has none. */
  readonly inode: number;
}

export async function fileIdentity(file: string, label = path.basename(file)): Promise<FileIdentity> {
  const { size, mtimeMs, ino } = await stat(file).catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there any more.`, { file, cause });
  });
  return { file, label, bytes: size, mtimeMs, inode: ino };
}

/** Throws `file-changed` for the first file that is not as it was. */
export async function verifyFiles(known: readonly FileIdentity[]): Promise<void> {
  for (const then of known) {
    const now = await fileIdentity(then.file, then.label);
    if (now.bytes === then.bytes && now.mtimeMs === then.mtimeMs && now.inode === then.inode) continue;
    throw new ModelError('file-changed', `${then.label} changed while it was in use. Open the model again.`, {
      file: then.file,
    });
  }
}

/** One text for a state of a file, to remember results by. */
export function identityKey({ file, bytes, mtimeMs, inode }: FileIdentity): string {
  return `${file}|${bytes}|${mtimeMs}|${inode}`;
}
