/**
 * A CLIP in a single file, in any of the spellings that people have: transformers' (`model.safetensors`), OpenAI's and
 * OpenCLIP's. Its config stands beside it, or is told from its shapes; what had to be guessed is in `notices`.
 */
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

import type { ClipConfig } from '../architectures/clip-model.js';
import { clipArchitectures, parseClipConfig } from '../architectures/clip-model.js';
import type { JsonObject } from '../architectures/config-reader.js';
import { ConfigReader } from '../architectures/config-reader.js';
import { ModelError } from '../errors.js';
import { fileIdentity } from '../runtime/file-identity.js';
import { guessActivation, guessNotice } from './clip-activation.js';
import { clipConfigOfShapes } from './clip-sizes.js';
import type { ClipFiles } from './component-folder.js';
import { mainDtype, readJsonObject } from './component-folder.js';
import { parseOpenClipConfig } from './open-clip-config.js';
import { OpenAIClipWeights } from './openai-clip-weights.js';
import { readWeightFile } from './read-weight-file.js';
import type { SafetensorsFile } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

/** Names that every CLIP of a spelling has. */
const marks = {
  transformers: ['vision_model.embeddings.patch_embedding.weight', 'visual_projection.weight'],
  openai: ['visual.conv1.weight', 'visual.proj'],
} as const;

type Spelling = keyof typeof marks;

/** Null where the tensors are no CLIP's with a vision transformer. */
export function clipSpelling(names: Iterable<string>): Spelling | null {
  const all = new Set(names);
  const spellings = Object.entries(marks) as [Spelling, readonly string[]][];
  return spellings.find(([, wanted]) => wanted.every((name) => all.has(name)))?.[0] ?? null;
}

export async function readClipFile(given: string): Promise<ClipFiles> {
  const file = path.resolve(given);
  const [folder, label] = [path.dirname(file), path.basename(file)];
  const read = withoutMasks(await readWeightFile(await realpath(file).catch(() => file), label));
  const names = new Set(read.tensors.keys());
  const spelling = clipSpelling(names);
  if (spelling === null) throw noClip(names, label, file);
  const weights =
    spelling === 'transformers'
      ? new SafetensorsWeights([read], label)
      : new OpenAIClipWeights([read], label, { vision: 'visual.', text: textPrefix(names) });
  const described = await describe({ file, folder, label, spelling, weights, names });
  return {
    kind: 'clip',
    folder,
    label,
    weights,
    dtype: mainDtype([read]),
    bytes: read.identity.bytes,
    ...described,
    identities: [read.identity, ...described.identities],
  };
}

interface Described extends Pick<ClipFiles, 'config' | 'rawConfig' | 'identities'> {
  readonly notices: readonly string[];
}

/** Archives of OpenAI's keep the causal mask with its infinities among the weights: no network reads it, no fault is in it. */
function withoutMasks(file: SafetensorsFile): SafetensorsFile {
  const tensors = [...file.tensors].filter(([name]) => !/(^|\.)attn_mask$/.test(name));
  return { ...file, tensors: new Map(tensors) };
}

/** From the config beside the file that is of its spelling, else from its shapes. */
async function describe(given: {
  readonly file: string;
  readonly folder: string;
  readonly label: string;
  readonly spelling: Spelling;
  readonly weights: SafetensorsWeights;
  readonly names: ReadonlySet<string>;
}): Promise<Described> {
  const { file, folder, label, spelling, weights, names } = given;
  const beside = await readdir(folder);
  const transposedProjection = spelling === 'openai';
  const ownConfig = spelling === 'transformers' ? 'config.json' : 'open_clip_config.json';
  if (beside.includes(ownConfig)) {
    const configLabel = `${path.basename(folder)}/${ownConfig}`;
    const configFile = path.join(folder, ownConfig);
    const rawConfig = await readJsonObject(configFile, configLabel);
    const config =
      spelling === 'transformers'
        ? configOfTransformers(rawConfig, configLabel)
        : clipConfigOfShapes(weights, file, { ...parseOpenClipConfig(rawConfig, configLabel), transposedProjection });
    if (config !== null) {
      return { config, rawConfig, identities: [await fileIdentity(configFile, configLabel)], notices: [] };
    }
  }
  const shapes = { activation: 'gelu', visionHeads: null, textHeads: null, transposedProjection } as const;
  const { vision } = clipConfigOfShapes(weights, file, shapes);
  const place = `${path.basename(folder)}/${label}`;
  const guess = guessActivation({ names, place, spelling, visionWidth: vision.width, imageSize: vision.imageSize });
  const config = clipConfigOfShapes(weights, file, { ...shapes, activation: guess.activation });
  const notice = guessNotice(label, guess);
  return { config, rawConfig: {}, identities: [], notices: notice === null ? [] : [notice] };
}

/** Null for the config of something else that stands in the same folder. */
function configOfTransformers(json: JsonObject, label: string): ClipConfig | null {
  const reader = new ConfigReader(json, label);
  const named = reader.texts('architectures', ['']).some((name) => clipArchitectures.some((known) => known === name));
  return named || reader.text('model_type', '') === 'clip' ? parseClipConfig(reader) : null;
}

/** OpenCLIP's models with a text tower of another kind keep it apart. */
const textPrefix = (names: ReadonlySet<string>): string => (names.has('text.token_embedding.weight') ? 'text.' : '');

function noClip(names: ReadonlySet<string>, label: string, file: string): ModelError {
  const has = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name));
  const what = has(/^visual\.(layer1|attnpool)\./)
    ? 'is a CLIP with a ResNet, which is not read here: choose one with a vision transformer (ViT).'
    : has(/^visual\.trunk\./)
      ? 'is a CLIP whose vision tower is of another kind (timm’s), which is not read here: choose a plain ViT.'
      : has(/^text_model\.|^transformer\.resblocks\./)
        ? 'is a text tower without pictures: choose a whole CLIP.'
        : 'is no CLIP: it has neither vision_model.* nor visual.* tensors.';
  return new ModelError('unfit-model', `${label} ${what}`, { file });
}
