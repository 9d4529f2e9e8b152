import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { AdapterDescription, TriggerWord } from '../../app/contracts/adapters.js';
import { plainText } from './plain-text.js';

/**
 * The files beside an adapter that other tools keep: A1111's user metadata (NAME.json), ComfyUI LoRA Manager's
 * (NAME.metadata.json), Civitai's answer about a version (NAME.civitai.info), and a picture of it. They come from
 * strangers and are a help, no more: one that is broken or too large is as good as none.
 */
export interface Sidecars {
  readonly sidecar: AdapterDescription['sidecar'];
  readonly triggerWords: TriggerWord[];
  /** Absolute path of the picture beside it. */
  readonly picture: string | null;
}

type Json = Readonly<Record<string, unknown>>;
type Told = Partial<AdapterDescription['sidecar']> & { readonly words?: readonly string[] };

/** In the order of trust: what the person wrote by hand, then what tools looked up. */
const readers: readonly { readonly ending: string; read(json: Json): Told }[] = [
  { ending: '.json', read: fromUserMetadata },
  { ending: '.metadata.json', read: fromLoraManager },
  { ending: '.civitai.info', read: fromCivitai },
];

const pictureEndings = ['png', 'jpg', 'jpeg', 'webp'].flatMap((ending) => [`.preview.${ending}`, `.${ending}`]);

/** `beside`: the names of all files in the adapter's folder. */
export async function readSidecars(path: string, beside: ReadonlySet<string>): Promise<Sidecars> {
  const folder = dirname(path);
  const stem = basename(path, extname(path));
  const told: Told[] = [];
  for (const { ending, read } of readers) {
    const json = beside.has(stem + ending) ? await readJson(join(folder, stem + ending)) : null;
    if (json) told.push(read(json));
  }
  const picture = pictureEndings.map((ending) => stem + ending).find((name) => beside.has(name));
  return {
    sidecar: {
      title: first(told.map((one) => one.title)),
      description: first(told.map((one) => one.description)),
      notes: first(told.map((one) => one.notes)),
      baseModel: first(told.map((one) => one.baseModel)),
      tags: [...new Set(told.flatMap(({ tags }) => tags ?? []))].slice(0, mostTags),
      preferredWeight: first(told.map((one) => one.preferredWeight)),
    },
    triggerWords: told.flatMap(({ words }) => words ?? []).map((text) => ({ text, source: 'sidecar file' })),
    picture: picture === undefined ? null : join(folder, picture),
  };
}

const first = <T>(values: readonly (T | null | undefined)[]): T | null =>
  values.find((value) => value !== null && value !== undefined) ?? null;

/** Names that describe or picture an adapter, of those in its folder. */
export function sidecarsOf(path: string, beside: ReadonlySet<string>): string[] {
  const stem = basename(path, extname(path));
  return [...readers.map(({ ending }) => ending), ...pictureEndings]
    .map((ending) => stem + ending)
    .filter((name) => beside.has(name));
}

/** stable-diffusion-webui 1.10, modules/ui_extra_networks_user_metadata.py; 0 is its “no preferred weight”. */
function fromUserMetadata(json: Json): Told {
  const weight = number(json['preferred weight']);
  return {
    description: text(json['description'], longText),
    notes: text(json['notes'], longText),
    baseModel: known(text(json['sd version'], shortText)),
    preferredWeight: weight === 0 ? null : weight,
    words: texts([json['activation text']]),
  };
}

/** ComfyUI-Lora-Manager: its own fields, and Civitai's answer inside. */
function fromLoraManager(json: Json): Told {
  const civitai = object(json['civitai']);
  const tips = typeof json['usage_tips'] === 'string' ? parse(json['usage_tips']) : null;
  return {
    title: text(json['model_name'], shortText),
    description: text(json['modelDescription'], longText) ?? fromCivitai(civitai).description ?? null,
    notes: text(json['notes'], longText),
    baseModel: known(text(json['base_model'], shortText)),
    tags: texts(json['tags']),
    preferredWeight: number(tips?.['strength']),
    words: texts(civitai['trainedWords']),
  };
}

/** Civitai's REST API, /model-versions/by-hash: a version, with its model inside. */
function fromCivitai(json: Json): Told {
  const model = object(json['model']);
  const [name, version] = [text(model['name'], shortText), text(json['name'], shortText)];
  const title = [name, version].filter((part) => part !== null).join(' · ');
  return {
    title: title === '' ? null : title,
    description: text(model['description'], longText) ?? text(json['description'], longText),
    baseModel: known(text(json['baseModel'], shortText)),
    tags: texts(model['tags'] ?? json['tags']),
    words: texts(json['trainedWords']),
  };
}

const sidecarLimitBytes = 2 * 2 ** 20;
const shortText = 300;
const longText = 20_000;
const mostTags = 50;

async function readJson(path: string): Promise<Json | null> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > sidecarLimitBytes) return null;
    return parse(await readFile(path, 'utf8'));
  } catch {
    return null; // gone or not ours to read: see above
  }
}

function parse(json: string): Json | null {
  try {
    const value: unknown = JSON.parse(json.replace(/^\ufeff/, ''));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function text(value: unknown, most: number): string | null {
  const plain = typeof value === 'string' ? plainText(value) : '';
  if (plain === '') return null;
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value.slice(0, mostTags) : [])
    .map((entry) => text(entry, shortText))
    .filter((entry) => entry !== null);

/** Also written as text; a strength beyond what the mixer takes is a slip. */
function number(value: unknown): number | null {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) && Math.abs(read) <= 100 ? read : null;
}

const known = (base: string | null): string | null => (base !== null && /^unknown$/i.test(base) ? null : base);

const object = (value: unknown): Json => (isObject(value) ? value : {});
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
