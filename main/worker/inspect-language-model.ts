import { open, stat } from 'node:fs/promises';
import { basename, extname, dirname, join } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { authorNetwork, requireNoLayerUnused } from '../../native-models/architectures/author-network.js';
import { readChatTemplates, templatesOf } from '../../native-models/chat-templates/read-chat-template.js';
import { readJsonObject } from '../../native-models/weight-formats/component-folder.js';
import { readLanguageGguf } from '../../native-models/weight-formats/gguf/language-gguf.js';
import { readLanguageFolder, type LanguageFiles } from '../../native-models/weight-formats/language-folder.js';
import { readModelCard, type ModelCard } from '../../native-models/weight-formats/model-card.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';

/**
 * Whether a folder's `config.json` is that of a language model, or of another model of transformers that is then refused
 * by its name. Components of diffusers have a `_class_name`; CLIP is a family of its own.
 */
export async function isLanguageFolder(folder: string): Promise<boolean> {
  const config = await readJsonObject(join(folder, 'config.json'), `${basename(folder)}/config.json`);
  const { _class_name: className, model_type: type, architectures } = config;
  const [architecture] = Array.isArray(architectures) ? architectures : [];
  const names = [type, architecture].filter((name) => typeof name === 'string');
  return className === undefined && names.length > 0 && !names.some((name) => /^clip/i.test(name));
}

/** By its first bytes, or by its name: what calls itself one and is none is then told so. */
export async function isGgufFile(path: string): Promise<boolean> {
  if (/\.gguf$/i.test(path)) return true;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === 'GGUF';
  } finally {
    await file.close();
  }
}

/** Config and weights must fit each other; with `checkFinite` all weights are read once. */
export async function inspectLanguageFolder(path: string, checkFinite: boolean): Promise<ModelDescription> {
  const files = await readLanguageFolder(path);
  const { config, weights } = files;
  requireNoLayerUnused([authorNetwork({ component: 'llm', config }, { device: 'cpu', weights })], weights);
  if (checkFinite) for (const file of weights.files) await requireFinite(file);
  const hasTokenizer = await stat(join(path, 'tokenizer.json')).then(
    (found) => found.isFile(),
    () => false,
  );
  return {
    ...describe(path, files, await readModelCard(join(path, 'inkstone.json'))),
    format: 'safetensors',
    language: languageOf(files, (await readChatTemplates(path)).length > 0),
    hashedFile: weights.files[0]?.file ?? path,
    notices: hasTokenizer
      ? []
      : [`${basename(path)} has no tokenizer.json: it can be run, and cannot read or write text.`],
  };
}

/** Reads the header alone, of all parts of a split file. */
export async function inspectGguf(path: string): Promise<ModelDescription> {
  const files = await readLanguageGguf(path);
  const { settings, notices } = files.tokenizer;
  const stem = basename(path, extname(path));
  return {
    ...describe(path, files, await readModelCard(join(dirname(path), `${stem}.inkstone.json`))),
    format: 'gguf',
    language: languageOf(files, templatesOf(settings, files.label).length > 0),
    hashedFile: files.identities[0]?.file ?? path,
    notices: [...notices],
  };
}

function describe(path: string, { config, dtype, bytes }: LanguageFiles, card: ModelCard) {
  return {
    name: card.name ?? nameOf(path),
    path,
    kind: 'language',
    family: config.family,
    prediction: null,
    inChannels: null,
    dtype,
    bytes,
    card: Object.keys(card).length === 0 ? null : card,
    sizeMultiple: 1,
    nativeSize: 1,
  } as const;
}

/** By its path: of a folder in Hugging Face's cache the model's own name, of a split file what its parts share. */
function nameOf(path: string): string {
  const inCache = /models--[^/\\]+--([^/\\]+)[/\\]snapshots[/\\][0-9a-f]{40}$/.exec(path);
  return inCache?.[1] ?? basename(path).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
}

const languageOf = ({ parameters, config }: LanguageFiles, chats: boolean) => ({
  parameters,
  contextLength: config.contextLength,
  chats,
});
