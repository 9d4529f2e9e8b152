import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorKind } from '../contracts/errors.js';
import type { Job } from '../contracts/generation.js';
import type { Home } from '../storage/home.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';
import type { JobRows } from './job-rows.js';

const checkpointName = ({ id, pictures }: Job): string => `${id}-${pictures.length}.safetensors`;

/** The saved steps of a job's current picture; the engine writes and reads the file. */
export const checkpointOf = (job: Job, { checkpoints }: Home): string => join(checkpoints, checkpointName(job));

/**
 * How many steps a checkpoint holds, from its header; 0 where there is none, or none that can be read. Of very quick
 * steps the engine does not save each, so what it told last may be more.
 */
export async function savedStep(file: string): Promise<number> {
  const header = await readSafetensors(file).catch(() => null);
  const step = Number(header?.metadata['step']);
  return Number.isInteger(step) && step > 0 ? step : 0;
}

/** What an engine says of a checkpoint that it cannot use. */
export const brokenCheckpoint: ReadonlySet<ErrorKind> = new Set(['bad-file', 'unfit-model', 'missing-file']);

/** Forget the current picture and its saved steps: the job's next life names a new one. */
export async function startOver(job: Job, home: Home, rows: JobRows): Promise<void> {
  await rm(checkpointOf(job, home), { force: true });
  rows.begin(job.id, null, 0);
}

/** Delete those of pictures that are done, of jobs that are gone, and half-written ones. */
export async function sweepCheckpoints(folder: string, jobs: readonly Job[]): Promise<void> {
  const wanted = new Set(jobs.map(checkpointName));
  for (const name of await readdir(folder)) {
    if (!wanted.has(name)) await rm(join(folder, name), { force: true, recursive: true });
  }
}
