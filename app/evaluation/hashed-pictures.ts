import { createHash } from 'node:crypto';
import type { ListedPicture, SkippedFile } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import type { ListedSource } from './sources.js';

/** A picture of a set: `index` is its place in the listing, under which results show it. */
export interface HashedPicture extends ListedPicture {
  readonly index: number;
  readonly sha256: string;
}

/** A listed source whose files were read once: their contents are known. */
export interface HashedSource extends ListedSource {
  readonly hashed: readonly HashedPicture[];
}

const filesAtOnce = 32;

/** Hash every file of a listing; those that cannot be read are skipped from here on. */
export async function hashSource(
  worker: Pick<Worker, 'hashPictures'>,
  source: ListedSource,
  { onProgress, signal }: { readonly onProgress: (done: number) => void; readonly signal: AbortSignal },
): Promise<HashedSource> {
  const hashed: HashedPicture[] = [];
  const skipped: SkippedFile[] = [...source.skipped];
  for (let from = 0; from < source.pictures.length; from += filesAtOnce) {
    if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
    const batch = source.pictures.slice(from, from + filesAtOnce);
    const hashes = await worker.hashPictures({ paths: batch.map(({ path }) => path) });
    for (const [at, picture] of batch.entries()) {
      const hash = hashes[at];
      if (hash !== undefined && 'sha256' in hash) hashed.push({ ...picture, index: from + at, sha256: hash.sha256 });
      else skipped.push({ file: picture.name, reason: hash?.problem ?? 'could not be read' });
    }
    onProgress(from + batch.length);
  }
  return { ...source, skipped, hashed };
}

/** Tells a set from others whatever its files are called: the sha256 of its pictures' hashes in their order. */
export function setHash(pictures: readonly Pick<HashedPicture, 'sha256'>[]): string {
  const hash = createHash('sha256');
  for (const sha256 of pictures.map((picture) => picture.sha256).sort()) hash.update(`${sha256}\n`);
  return hash.digest('hex');
}

/** Pictures whose content another one of the same set has too, but the first of each. */
export function duplicatesIn(pictures: readonly Pick<HashedPicture, 'sha256'>[]): number {
  return pictures.length - new Set(pictures.map(({ sha256 }) => sha256)).size;
}
