/**
 * The card `inkstone.json` that may stand in a model's folder (`NAME.inkstone.json` beside a single file): what the
 * model is, where it is from, and the settings it looks best with. Every field is optional.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { ModelError } from '../errors.js';

const modelCard = z.object({
  name: z.string().max(200).optional(),
  description: z.string().max(5000).optional(),
  source: z.string().max(5000).optional(),
  licence: z.string().max(5000).optional(),
  defaults: z
    .object({
      steps: z.int().min(1).max(1000).optional(),
      cfg: z.number().min(0).max(100).optional(),
      sampler: z.string().optional(),
      schedule: z.string().optional(),
      /** Pixels. */
      width: z.int().min(8).max(16_384).optional(),
      height: z.int().min(8).max(16_384).optional(),
    })
    .optional(),
});

export type ModelCard = z.infer<typeof modelCard>;

/** An empty card when there is none. */
export async function readModelCard(file: string): Promise<ModelCard> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return {};
  const label = path.basename(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelError('bad-file', `${label} is not JSON. Mend it or take it away.`, { file, cause });
  }
  const result = modelCard.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') || 'the card';
  throw new ModelError('bad-file', `${label}: ${place}: ${issue?.message ?? 'is wrong'}. Mend it or take it away.`, {
    file,
  });
}
