/**
 * Reads the tokenizer of a language model from its Hugging Face folder: `tokenizer.json` and, where it is there,
 * `tokenizer_config.json`.
 */
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonObject } from '../architectures/config-reader.js';
import { ModelError } from '../errors.js';
import { readJsonObject } from '../weight-formats/component-folder.js';
import { LanguageTokenizer } from './language-tokenizer.js';

/** Throws a `ModelError`: `missing-file` without a `tokenizer.json`, `bad-file` for one that cannot be read. */
export async function readLanguageTokenizer(folder: string, label = basename(folder)): Promise<LanguageTokenizer> {
  const file = join(folder, 'tokenizer.json');
  if (!(await exists(file))) throw new ModelError('missing-file', await whatIsMissing(folder, label), { file });
  const tokenizer = await readJsonObject(file, `${label}/tokenizer.json`);
  return new LanguageTokenizer(tokenizer, await readTokenizerSettings(folder, label), `${label}/tokenizer.json`);
}

/** `tokenizer_config.json`; empty where there is none. */
export async function readTokenizerSettings(folder: string, label = basename(folder)): Promise<JsonObject> {
  const file = join(folder, 'tokenizer_config.json');
  return (await exists(file)) ? readJsonObject(file, `${label}/tokenizer_config.json`) : {};
}

/** Older folders hold the tokenizer in the format of another library. */
async function whatIsMissing(folder: string, label: string): Promise<string> {
  const older = ['tokenizer.model', 'vocab.json', 'tekken.json'];
  for (const name of older) {
    if (!(await exists(join(folder, name)))) continue;
    return `${label} has its tokenizer only as ${name}, which is not read: add the tokenizer.json of the same model.`;
  }
  return `${label} has no tokenizer.json: download the model again.`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
