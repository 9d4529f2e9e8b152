import type { Model } from '../../app/contracts/models.js';
import { bytesInWords } from './words.js';

type Described = Omit<Model, 'id'> & { readonly id: string | null };

/** MODEL of the command line's contract. */
export function modelJson(model: Described): object {
  const { id, name, path, kind, family, prediction, inChannels, format, dtype, bytes, sha256 } = model;
  return { id, name, path, kind, family, prediction, inChannels, format, dtype, bytes, sha256 };
}

export function modelText(model: Described): string {
  const { name, kind, family, prediction, format, dtype, bytes, path, notices, defaults } = model;
  return [
    name,
    `  ${kind}, ${family}${prediction === null ? '' : `, predicts ${prediction}`}`,
    `  ${format}, ${dtype}, ${bytesInWords(bytes)}`,
    `  ${path}`,
    `  starts with ${defaults.steps} steps, guidance ${defaults.cfg}, ${defaults.sampler}, ${defaults.schedule}, ${defaults.width}x${defaults.height}`,
    ...notices.map((notice) => `  ${notice}`),
  ].join('\n');
}
