import type { Model } from '../../app/contracts/models.js';
import { bytesInWords, countInWords } from './words.js';

type Described = Omit<Model, 'id'> & { readonly id: string | null };

/** MODEL of the command line's contract. */
export function modelJson(model: Described): object {
  const { id, name, path, kind, family, prediction, inChannels, format, dtype, bytes, sha256 } = model;
  return { id, name, path, kind, family, prediction, inChannels, format, dtype, bytes, sha256 };
}

export function modelText(model: Described): string {
  const { name, kind, family, prediction, format, dtype, bytes, path, notices } = model;
  return [
    name,
    `  ${kind}, ${family}${prediction === null ? '' : `, predicts ${prediction}`}`,
    `  ${format}, ${dtype}, ${bytesInWords(bytes)}`,
    `  ${path}`,
    `  ${whatItDoes(model)}`,
    ...notices.map((notice) => `  ${notice}`),
  ].join('\n');
}

function whatItDoes({ language, defaults }: Described): string {
  if (language === undefined) {
    const { steps, cfg, sampler, schedule, width, height } = defaults;
    return `starts with ${steps} steps, guidance ${cfg}, ${sampler}, ${schedule}, ${width}x${height}`;
  }
  const manner = language.chats ? 'has a chat template' : 'has no chat template and continues what it is given';
  return `${countInWords(language.parameters)} parameters, ${language.contextLength} tokens of context, ${manner}`;
}
