/**
 * One component of a diffusers model in its own folder: `config.json` and weights in `.safetensors`, else in torch's
 * `.bin`, whole or in shards, plain or of a variant (`model.fp16.safetensors`).
 */
import { readFile, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

import type { AutoencoderConfig } from '../architectures/autoencoder-kl.js';
import { oldAttentionName, parseAutoencoderConfig } from '../architectures/autoencoder-kl.js';
import type { AutoencoderTinyConfig } from '../architectures/autoencoder-tiny.js';
import { isTiny, parseAutoencoderTinyConfig } from '../architectures/autoencoder-tiny.js';
import type { ClipConfig } from '../architectures/clip-model.js';
import { clipArchitectures, parseClipConfig } from '../architectures/clip-model.js';
import type { ClipTextConfig } from '../architectures/clip-text-model.js';
import { nameWithoutPrefix, parseClipTextConfig } from '../architectures/clip-text-model.js';
import type { Json, JsonObject } from '../architectures/config-reader.js';
import { ConfigReader } from '../architectures/config-reader.js';
import type { UNetConfig } from '../architectures/unet-2d-condition.js';
import { parseUNetConfig } from '../architectures/unet-2d-condition.js';
import { ModelError } from '../errors.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { fileIdentity } from '../runtime/file-identity.js';
import { readWeightFile } from './read-weight-file.js';
import type { SafetensorsFile } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

interface ComponentFiles {
  /** Absolute path. */
  readonly folder: string;
  /** What messages call it: `unet`. */
  readonly label: string;
  readonly rawConfig: JsonObject;
  readonly weights: SafetensorsWeights;
  /** The number format of most of its weights: F16. */
  readonly dtype: string;
  /** Of its weights. */
  readonly bytes: number;
  readonly identities: readonly FileIdentity[];
}

export interface TextEncoderFiles extends ComponentFiles {
  readonly kind: 'text_encoder';
  readonly config: ClipTextConfig;
}

export interface UNetFiles extends ComponentFiles {
  readonly kind: 'unet';
  readonly config: UNetConfig;
}

export interface AutoencoderFiles extends ComponentFiles {
  readonly kind: 'vae';
  readonly config: AutoencoderConfig | AutoencoderTinyConfig;
}

/** A CLIP with its vision tower; a text tower alone is a `TextEncoderFiles`. */
export interface ClipFiles extends ComponentFiles {
  readonly kind: 'clip';
  readonly config: ClipConfig;
  /** What was guessed about it, one sentence each. */
  readonly notices?: readonly string[];
}

export type Component = TextEncoderFiles | UNetFiles | AutoencoderFiles | ClipFiles;

/** Reads config and the weights' headers; `label` is what messages call the folder. */
export async function readComponent(folder: string, label = path.basename(folder)): Promise<Component> {
  const configFile = path.join(folder, 'config.json');
  const rawConfig = await readJsonObject(configFile, `${label}/config.json`);
  const reader = new ConfigReader(rawConfig, `${label}/config.json`);
  const kind = componentKind(reader);
  const files = await readWeights(folder, label);
  const bytes = files.reduce((sum, { identity }) => sum + identity.bytes, 0);
  const identities = [await fileIdentity(configFile, `${label}/config.json`), ...files.map(({ identity }) => identity)];
  const common = { folder: path.resolve(folder), label, rawConfig, dtype: mainDtype(files), bytes, identities };
  const source = (olderName?: (name: string) => string): SafetensorsWeights =>
    new SafetensorsWeights(files, files.length === 1 ? (files[0] as SafetensorsFile).label : label, olderName);

  switch (kind) {
    case 'text_encoder':
      return { kind, config: parseClipTextConfig(reader), weights: source(nameWithoutPrefix), ...common };
    case 'unet':
      return { kind, config: parseUNetConfig(reader), weights: source(), ...common };
    case 'vae': {
      const config = autoencoderConfig(reader);
      return { kind, config, weights: source(isTiny(config) ? undefined : oldAttentionName), ...common };
    }
    case 'clip':
      return { kind, config: parseClipConfig(reader), weights: source(), ...common };
  }
}

/** The component with the tensors of `file`, merged ones, over its own of the same stored names. */
export function withWeightsUnder<Files extends ComponentFiles>(files: Files, file: SafetensorsFile): Files {
  return { ...files, weights: files.weights.under(file), identities: [...files.identities, file.identity] };
}

function componentKind(config: ConfigReader): Component['kind'] {
  const className = config.text('_class_name', '');
  if (className === 'UNet2DConditionModel') return 'unet';
  if (className === 'AutoencoderKL' || className === 'AutoencoderTiny') return 'vae';
  const architectures = config.texts('architectures', ['']);
  const isText = architectures.some((name) => /^CLIPTextModel(WithProjection)?$/.test(name));
  if (isText || config.text('model_type', '') === 'clip_text_model') return 'text_encoder';
  const isClip = clipArchitectures.some((name) => architectures.includes(name));
  if (isClip || config.text('model_type', '') === 'clip') return 'clip';
  throw config.unsupported(
    className ? '_class_name' : 'architectures',
    `known: UNet2DConditionModel, AutoencoderKL, AutoencoderTiny, CLIPTextModel, CLIPTextModelWithProjection, ${clipArchitectures.join(', ')}`,
  );
}

function autoencoderConfig(reader: ConfigReader): AutoencoderFiles['config'] {
  const isTinyOne = reader.text('_class_name', '') === 'AutoencoderTiny';
  return isTinyOne ? parseAutoencoderTinyConfig(reader) : parseAutoencoderConfig(reader);
}

// --------------------------------------------------------------------------------------------------- weights ----

/** As diffusers and transformers call weights, what is safe to open first. */
const spellings = [
  { stem: 'diffusion_pytorch_model', extension: 'safetensors' },
  { stem: 'model', extension: 'safetensors' },
  { stem: 'diffusion_pytorch_model', extension: 'bin' },
  { stem: 'pytorch_model', extension: 'bin' },
] as const;

/** The headers of a folder's weights: one file, or the shards that its index names. */
export async function readWeights(folder: string, label: string): Promise<SafetensorsFile[]> {
  const chosen = chooseWeights(await readdir(folder));
  if (!chosen) {
    throw new ModelError(
      'missing-file',
      `${label} has no weights: neither a .safetensors nor a .bin file stands beside its config.json.`,
      {
        file: folder,
      },
    );
  }
  const parts = chosen.endsWith('.json') ? await shardNames(path.join(folder, chosen), `${label}/${chosen}`) : [chosen];
  // The real path: in a download cache every file is a link into a store beside it.
  return Promise.all(
    parts.map(async (name) => {
      const file = path.join(folder, name);
      return readWeightFile(await realpath(file).catch(() => file), `${label}/${name}`);
    }),
  );
}

/** The plain file first, then its index of shards, then variants (fp16 before others); last a lone file of torch's. */
function chooseWeights(names: readonly string[]): string | null {
  for (const { stem, extension } of spellings) {
    const plain = [`${stem}.${extension}`, `${stem}.${extension}.index.json`].find((name) => names.includes(name));
    if (plain) return plain;
    const variantName = new RegExp(String.raw`^${stem}\..*\b${extension}(\.index(\.\w+)?\.json)?$`);
    const variants = names.filter((name) => variantName.test(name) && !shardName.test(name));
    const variant = variants.find((name) => name.includes('fp16')) ?? variants.toSorted()[0];
    if (variant) return variant;
  }
  const others = names.filter((name) => /\.(bin|pth|pt|ckpt)$/.test(name));
  return others.length === 1 ? (others[0] ?? null) : null;
}

/** `diffusion_pytorch_model-00001-of-00002.safetensors`, of a variant `diffusion_pytorch_model.fp16-00001-of-...` */
const shardName = /-\d{5}-of-\d{5}\./;

async function shardNames(file: string, label: string): Promise<string[]> {
  const map = (await readJsonObject(file, label))['weight_map'];
  const names = typeof map === 'object' && map !== null ? new Set(Object.values(map)) : new Set<Json>();
  const wrong = [...names].find((name) => typeof name !== 'string' || name !== path.basename(name));
  if (names.size === 0 || wrong !== undefined) {
    throw new ModelError('bad-file', `${label} does not list its shards.`, { file });
  }
  return [...names].map(String).toSorted();
}

/** The number format that most of the bytes are in. */
export function mainDtype(files: readonly SafetensorsFile[]): string {
  const bytesByDtype = new Map<string, number>();
  for (const { tensors } of files) {
    for (const { dtype, byteLength } of tensors.values()) {
      bytesByDtype.set(dtype, (bytesByDtype.get(dtype) ?? 0) + byteLength);
    }
  }
  return [...bytesByDtype].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 'F32';
}

// ------------------------------------------------------------------------------------------------------ json ----

/** Configs are small; a larger file is something else. */
const MAX_JSON_CHARACTERS = 20_000_000;

export async function readJsonObject(file: string, label: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  try {
    const json: unknown = text.length > MAX_JSON_CHARACTERS ? null : parsePythonJson(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  } catch {
    // told below
  }
  throw new ModelError('bad-file', `${label} is not a JSON object. Download it again.`, { file });
}

/**
 * JSON as Python's `json` writes it: numbers that are not finite stand there as bare words (`"lambda_min_clipped":
 * -Infinity` in the configs of diffusers' DPMSolverMultistepScheduler). NaN becomes null.
 */
function parsePythonJson(text: string): unknown {
  const words: Record<string, string> = { '-Infinity': '-1e999', Infinity: '1e999', NaN: 'null' };
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (part) => words[part] ?? part));
}
