import { z } from 'zod';
import type { EvaluationResult, ShownPicture } from '../contracts/evaluation.js';
import type { ListedPicture } from '../contracts/features.js';

/** Files of the pictures that a result can show, by set and place. They stay out of the result, which is given away. */
export const evaluationFiles = z.object({
  generated: z.record(z.string(), z.string()),
  reference: z.record(z.string(), z.string()),
});
export type EvaluationFiles = z.infer<typeof evaluationFiles>;

export function shownFiles(
  result: EvaluationResult,
  generated: readonly ListedPicture[],
  reference: readonly ListedPicture[],
): EvaluationFiles {
  const listed = { generated, reference };
  const files: EvaluationFiles = { generated: {}, reference: {} };
  const add = (set: ShownPicture['set'], index: number) => {
    const path = listed[set][index]?.path;
    if (path !== undefined) files[set][index] = path;
  };
  for (const set of ['generated', 'reference'] as const) {
    for (const { index } of result.map?.[set] ?? []) add(set, index);
  }
  for (const { picture, reference: nearest } of [...result.nearest, ...result.farthest]) {
    add(picture.set, picture.index);
    add(nearest.set, nearest.index);
  }
  for (const { picture } of [...result.best, ...result.worst]) add(picture.set, picture.index);
  return files;
}
