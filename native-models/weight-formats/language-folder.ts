/**
 * A language model as Hugging Face keeps it: a folder with `config.json`, `generation_config.json` and weights in
 * `.safetensors`, whole or in shards.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';

import { ConfigReader } from '../architectures/config-reader.js';
import type { DecoderConfig } from '../architectures/decoder-config.js';
import { decoderFamilies } from '../architectures/decoder-families/index.js';
import { ModelError } from '../errors.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { fileIdentity } from '../runtime/file-identity.js';
import type { WeightSource } from '../onnx/weight-source.js';
import { mainDtype, readJsonObject, readWeights } from './component-folder.js';
import type { SafetensorsFile } from './safetensors.js';
import { SafetensorsWeights } from './safetensors-weights.js';

/** A language model's files, whatever their format. */
export interface LanguageFiles {
  /** What messages call it. */
  readonly label: string;
  readonly config: DecoderConfig;
  readonly weights: WeightSource;
  /** The number format of most of its weights: BF16. */
  readonly dtype: string;
  /** Of its weights. */
  readonly bytes: number;
  /** Numbers in its weights; a table that is both embedding and head counts once. */
  readonly parameters: number;
  /** An answer ends with any of them. */
  readonly endTokens: readonly number[];
  /** What its maker recommends; absent: nothing said. */
  readonly sampling: RecommendedSampling;
  readonly identities: readonly FileIdentity[];
}

export interface RecommendedSampling {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

export interface LanguageFolder extends LanguageFiles {
  /** Absolute path. */
  readonly folder: string;
  readonly weights: SafetensorsWeights;
}

/**
 * Reads the configs and the weights' headers. Throws a `ModelError`: `unsupported` for another architecture or for
 * quantised weights, by name; `unfit-model` and `bad-file` for configs and weights that are wrong.
 */
export async function readLanguageFolder(given: string, label = path.basename(given)): Promise<LanguageFolder> {
  const folder = path.resolve(given);
  const configFile = path.join(folder, 'config.json');
  const reader = new ConfigReader(await readJsonObject(configFile, `${label}/config.json`), `${label}/config.json`);
  const config = readDecoderFamily(reader);

  const generationFile = path.join(folder, 'generation_config.json');
  const generation = (await exists(generationFile))
    ? new ConfigReader(
        await readJsonObject(generationFile, `${label}/generation_config.json`),
        `${label}/generation_config.json`,
      )
    : null;

  const files = await readWeights(folder, label);
  const name = files.length === 1 ? (files[0] as SafetensorsFile).label : label;
  return {
    folder,
    label,
    config,
    weights: new SafetensorsWeights(files, name, nameWithoutPrefix),
    dtype: mainDtype(files),
    bytes: files.reduce((sum, { identity }) => sum + identity.bytes, 0),
    parameters: countParameters(files),
    endTokens: readEndTokens(generation?.has('eos_token_id') ? generation : reader),
    sampling: generation ? recommended(generation) : {},
    identities: [await fileIdentity(configFile, `${label}/config.json`), ...files.map(({ identity }) => identity)],
  };
}

/** The config of a decoder of a family that this studio authors, or the name of what it is instead. */
export function readDecoderFamily(config: ConfigReader): DecoderConfig {
  const [architecture] = config.texts('architectures', ['']);
  const type = config.text('model_type', '') || config.text('_class_name', '') || architecture || 'nameless';
  const read = Object.hasOwn(decoderFamilies, type) ? decoderFamilies[type] : undefined;
  if (!read) {
    const sentence = `${config.label}: this is a ${type} model, which is not supported yet. Supported language models are ${Object.keys(decoderFamilies).join(', ')}.`;
    throw new ModelError('unsupported', sentence);
  }
  if (config.has('quantization_config')) {
    const given = config.json['quantization_config'];
    const method =
      typeof given === 'object' && given !== null && 'quant_method' in given ? given['quant_method'] : null;
    const sentence = `${config.label}: its weights are quantised by ${typeof method === 'string' ? method : 'an unnamed method'}, which is not supported yet. Get the model unquantised, or as GGUF.`;
    throw new ModelError('unsupported', sentence);
  }
  return read(config);
}

/** One id or a list of them. An id beyond the vocabulary never comes, and does no harm. */
function readEndTokens(config: ConfigReader): readonly number[] {
  const json = config.json['eos_token_id'] ?? [];
  const ids = Array.isArray(json) ? json : [json];
  const sound = ids.every((id): id is number => Number.isInteger(id) && Number(id) >= 0);
  if (!sound) throw config.wrong('eos_token_id', 'a token id or a list of them');
  return ids;
}

function recommended(generation: ConfigReader): RecommendedSampling {
  const fields = {
    temperature: 'temperature',
    topK: 'top_k',
    topP: 'top_p',
    minP: 'min_p',
    repetitionPenalty: 'repetition_penalty',
  } as const;
  const given = Object.entries(fields).filter(([, field]) => generation.has(field));
  return Object.fromEntries(given.map(([name, field]) => [name, generation.number(field, 0)]));
}

/** Whatever is stored once counts once. Position tables that old files carry are no parameters. */
function countParameters(files: readonly SafetensorsFile[]): number {
  const tensors = files.flatMap((file) => [...file.tensors.values()]);
  return tensors
    .filter(({ name }) => !name.includes('rotary_emb'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/** As a bare LlamaModel is saved: without the prefix that a LlamaForCausalLM has. */
function nameWithoutPrefix(name: string): string {
  return name.replace(/^model\./, '');
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
