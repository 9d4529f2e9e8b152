import { resolve } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Memory } from '../storage/memory.js';

const known = z.object({ identity: z.string(), sha256: z.string() });

/** sha256 of networks' files, remembered as long as size, time and inode stay. */
export class FileHashes {
  readonly #worker: Pick<Worker, 'hashFile'>;
  readonly #memory: Memory | undefined;

  constructor(worker: Pick<Worker, 'hashFile'>, memory: Memory | undefined) {
    this.#worker = worker;
    this.#memory = memory;
  }

  /** Throws `missing-file` where there is none, `file-changed` when it changed while it was read. */
  async sha256(path: string, signal: AbortSignal): Promise<string> {
    const key = `sha256 of ${resolve(path)}`;
    const identity = await fileIdentity(path);
    if (identity === null)
      throw new StudioError('missing-file', `There is no file at ${path} any more.`, { file: path });
    const remembered = this.#memory?.recall(key, known);
    if (remembered?.identity === identity) return remembered.sha256;
    const sha256 = await this.#worker.hashFile({ path }, () => undefined, signal);
    if ((await fileIdentity(path)) !== identity) {
      throw new StudioError('file-changed', `${path} changed while it was read; try again when it is whole.`, {
        file: path,
      });
    }
    this.#memory?.keep(key, { identity, sha256 });
    return sha256;
  }
}
