import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvaluationResult, ShownPicture } from '../../contracts/evaluation.js';
import type { Worker } from '../../contracts/worker.js';
import type { EvaluationFiles } from '../shown-files.js';

/** Longer side of a picture in the report, pixels. */
const side = 200;

/** Pictures of a result as data URLs; those that are gone have none. */
export type EmbeddedPictures = (picture: Pick<ShownPicture, 'set' | 'index'>) => string | null;

export async function embedPictures(
  result: EvaluationResult,
  files: EvaluationFiles,
  worker: Pick<Worker, 'makeThumbnail'>,
): Promise<EmbeddedPictures> {
  const shown = [
    ...[...result.nearest, ...result.farthest].flatMap(({ picture, reference }) => [picture, reference]),
    ...[...result.best, ...result.worst].map(({ picture }) => picture),
  ];
  const urls = new Map<string, string | null>();
  const folder = await mkdtemp(join(tmpdir(), 'inkstone-report-'));
  try {
    for (const picture of shown) {
      const key = keyOf(picture);
      const path = files[picture.set][picture.index];
      if (urls.has(key) || path === undefined) continue;
      const out = join(folder, `${urls.size}.webp`);
      const made = await worker.makeThumbnail({ path, out, side }).then(
        () => readFile(out),
        () => null,
      );
      urls.set(key, made && `data:image/webp;base64,${made.toString('base64')}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return (picture) => urls.get(keyOf(picture)) ?? null;
}

const keyOf = ({ set, index }: Pick<ShownPicture, 'set' | 'index'>): string => `${set} ${index}`;
