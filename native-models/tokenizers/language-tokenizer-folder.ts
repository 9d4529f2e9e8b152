/**
 * Reads the tokenizer of a language model from its Hugging Face folder: `tokenizer.json` and, where it is there,
 * `tokenizer_config.json`.
 */
import { access, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonObject } from '../architectures/config-reader.js';
import { ModelError } from '../errors.js';
import { readJsonObject } from '../weight-formats/component-folder.js';
import { LanguageTokenizer } from './language-tokenizer.js';

/** Throws a `ModelError`: `missing-file` without a `tokenizer.json`, `bad-file` for one that cannot be read. */
export async function readLanguageTokenizer(folder: string, label = basename(folder)): Promise<LanguageTokenizer> {
  const file = join(folder, 'tokenizer.json');
  if (!(await exists(file))) throw new ModelError('missing-file', await whatIsMissing(folder, label), { file });
  const tokenizer = await readTokenizerJson(file, `${label}/tokenizer.json`);
  return new LanguageTokenizer(tokenizer, await readTokenizerSettings(folder, label), `${label}/tokenizer.json`);
}

/** `tokenizer_config.json`; empty where there is none. */
export async function readTokenizerSettings(folder: string, label = basename(folder)): Promise<JsonObject> {
  const file = join(folder, 'tokenizer_config.json');
  return (await exists(file)) ? readJsonObject(file, `${label}/tokenizer_config.json`) : {};
}

/** The largest known, Gemma's, has 33 MB. */
const MAX_TOKENIZER_BYTES = 200_000_000;

async function readTokenizerJson(file: string, label: string): Promise<JsonObject> {
  const tooLarge = (await stat(file)).size > MAX_TOKENIZER_BYTES;
  try {
    const json: unknown = tooLarge ? null : JSON.parse(await readFile(file, 'utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  } catch {
    // told below
  }
  throw new ModelError('bad-file', `${label} is not a JSON object: download it again.`, { file });
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
