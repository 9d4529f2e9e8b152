/**
 * Reads a CLIP tokenizer from the folder of a diffusers or transformers model: `vocab.json` and `merges.txt`, or
 * `tokenizer.json` where only that is there; settings from `tokenizer_config.json` and `special_tokens_map.json`.
 *
 * Reference: transformers 5.23, CLIPTokenizer.from_pretrained.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ModelError } from '../errors.js';
import { END_OF_WORD, type BytePairs } from './byte-pair-encoding.js';
import { ClipTokenizer, type SpecialToken } from './clip-tokenizer.js';

export interface ClipTokenizerFiles {
  readonly folder: string;
  /** Paths of the files that are there, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** What CLIP's tokenizers are called where their settings do not say. */
const START = '<|startoftext|>';
const END = '<|endoftext|>';

/** `positions`: how many places the text model has, `max_position_embeddings` of its config. */
export async function readClipTokenizer(given: ClipTokenizerFiles, positions: number): Promise<ClipTokenizer> {
  const config = await readSettings(given, 'tokenizer_config.json');
  const map = await readSettings(given, 'special_tokens_map.json');
  const { vocabulary, merges } = await readPairs(given);

  // The special tokens' own file has the last word where both name one (SD 2 pads with "!" only there).
  const setting = (name: string, byDefault: string): Setting => tokenSetting(map[name] ?? config[name] ?? byDefault);
  const [start, end] = [setting('bos_token', START), setting('eos_token', END)];
  const [unknown, pad] = [setting('unk_token', END), setting('pad_token', END)];
  const idOf = ({ content }: Setting): number => {
    const id = vocabulary.get(content);
    if (id !== undefined) return id;
    throw new ModelError('unfit-model', `${given.folder}: the tokenizer's vocabulary has no "${content}".`, { file: given.folder }); // prettier-ignore
  };

  const maxLength = Math.min(typeof config['model_max_length'] === 'number' ? config['model_max_length'] : positions, positions); // prettier-ignore
  if (maxLength < 3) {
    throw new ModelError('unfit-model', `${given.folder}: model_max_length is ${maxLength}, expected room for begin, end and a word.`, { file: given.folder }); // prettier-ignore
  }
  return new ClipTokenizer({
    pairs: { vocabulary, merges, unknownId: idOf(unknown) },
    maxLength,
    startId: idOf(start),
    endId: idOf(end),
    padId: idOf(pad),
    special: specialTokens([start, end, unknown, pad]).map((token) => ({ ...token, id: idOf(token) })),
  });
}

type Setting = Omit<SpecialToken, 'id'>;

/**
 * Each content once. The settings may describe one token several ways; as in the reference, equal descriptions count
 * once and the last of the others decides.
 */
function specialTokens(settings: readonly Setting[]): Setting[] {
  return [...new Set(settings.map(({ content }) => content))].map((content) => {
    const ways = new Set(settings.filter((other) => other.content === content).map(({ normalized }) => normalized));
    return { content, normalized: [...ways].at(-1) ?? false };
  });
}

/** `"<|endoftext|>"` or `{"content": "<|endoftext|>", "normalized": true, ...}`. */
function tokenSetting(value: unknown): Setting {
  if (typeof value === 'object' && value !== null && 'content' in value) {
    return { content: String(value.content), normalized: 'normalized' in value && value.normalized === true };
  }
  return { content: String(value), normalized: false };
}

type Pairs = Omit<BytePairs, 'unknownId'>;

async function readPairs(given: ClipTokenizerFiles): Promise<Pairs> {
  const { 'vocab.json': vocab, 'merges.txt': merges, 'tokenizer.json': whole } = given.files;
  if (vocab !== undefined && merges !== undefined) {
    return {
      vocabulary: readVocabulary(await readJson(vocab), vocab),
      merges: parseMerges(await readText(merges), merges),
    };
  }
  if (whole === undefined) {
    const missing = vocab === undefined ? 'vocab.json' : 'merges.txt';
    throw new ModelError('missing-file', `${given.folder} has no ${missing} and no tokenizer.json: download the model again.`, { file: given.folder }); // prettier-ignore
  }
  const json = await readJson(whole);
  const model = isObject(json) ? json['model'] : undefined;
  if (!isObject(model) || model['type'] !== 'BPE' || model['end_of_word_suffix'] !== END_OF_WORD) {
    throw new ModelError('unsupported', `${basename(whole)} in ${given.folder} is not CLIP's kind of tokenizer (BPE with "${END_OF_WORD}").`, { file: whole }); // prettier-ignore
  }
  return { vocabulary: readVocabulary(model['vocab'], whole), merges: readMerges(model['merges'], whole) };
}

function readVocabulary(value: unknown, file: string): ReadonlyMap<string, number> {
  const entries = isObject(value) ? Object.entries(value) : [];
  const ids = entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1]));
  if (ids.length === 0 || ids.length < entries.length) {
    throw new ModelError('bad-file', `${basename(file)} is no list of tokens and their ids: download it again.`, {
      file,
    });
  }
  return new Map(ids);
}

/** Two tokens a line; the first line may tell a version. */
function parseMerges(text: string, file: string): [string, string][] {
  const lines = text.split(/\r?\n/).filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  return readMerges(lines, file);
}

/** `"a b"` each, or `["a", "b"]` each as newer files have them. */
function readMerges(value: unknown, file: string): [string, string][] {
  const pairs: unknown[] = Array.isArray(value) ? value : [null];
  return pairs.map((pair, i) => {
    const parts: unknown = typeof pair === 'string' ? pair.split(' ') : pair;
    if (isPair(parts)) return parts;
    throw new ModelError('bad-file', `${basename(file)}: merge ${i + 1} is not two tokens: download it again.`, {
      file,
    });
  });
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string' && part !== '');
}

/** An optional file of settings; no settings where it is not there. */
async function readSettings({ files }: ClipTokenizerFiles, name: string): Promise<Readonly<Record<string, unknown>>> {
  const file = files[name];
  if (file === undefined) return {};
  const json = await readJson(file);
  if (isObject(json)) return json;
  throw new ModelError('bad-file', `${name} is not a JSON object: download it again.`, { file });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(file)) as unknown;
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('bad-file', `${basename(file)} is not JSON: download it again.`, { file, cause });
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${basename(file)} is not there or cannot be read.`, { file, cause });
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
