/**
 * Finds the chat template of a model: `chat_template.jinja` before `chat_template` in `tokenizer_config.json`, which
 * is a text or a list of named ones.
 *
 * Reference: transformers 5.23, `PreTrainedTokenizerBase.from_pretrained`.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { readTokenizerSettings } from '../tokenizers/language-tokenizer-folder.js';

export interface TemplateSource {
  /** `default`, or the name that the files give it: `tool_use`. */
  readonly name: string;
  readonly source: string;
  /** What messages call it: `SmolLM2/chat_template.jinja`. */
  readonly label: string;
}

/** Those of a folder, the one that is used first; empty when the model has none: it continues what it is given. */
export async function readChatTemplates(folder: string, label = basename(folder)): Promise<TemplateSource[]> {
  const inFile = await readFile(join(folder, 'chat_template.jinja'), 'utf8').catch(() => null);
  const inSettings = templatesOf(await readTokenizerSettings(folder, label), `${label}/tokenizer_config.json`);
  if (inFile === null) return inSettings;
  const own = { name: 'default', source: inFile, label: `${label}/chat_template.jinja` };
  return [own, ...inSettings.filter(({ name }) => name !== 'default')];
}

/** Those of settings with `chat_template`: of `tokenizer_config.json`, or made from a GGUF file's keys. */
export function templatesOf(settings: JsonObject, label: string): TemplateSource[] {
  const { chat_template: given } = settings;
  if (typeof given === 'string') return [{ name: 'default', source: given, label: `the chat template in ${label}` }];
  if (!Array.isArray(given)) return [];
  const named = (given as readonly Json[]).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [];
    const { name, template: source } = entry as JsonObject;
    if (typeof name !== 'string' || typeof source !== 'string') return [];
    return [{ name, source, label: `the chat template “${name}” in ${label}` }];
  });
  return named.sort((a, b) => Number(b.name === 'default') - Number(a.name === 'default'));
}
