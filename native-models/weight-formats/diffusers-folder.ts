/**
 * A diffusers pipeline: a folder with `model_index.json` and a folder for each component.
 *
 * Reference: diffusers 0.42.1, pipelines/pipeline_utils.py, pipelines/stable_diffusion(_xl). Only files are read
 * here, and only headers of weights; opening networks is `runtime/open-network.ts`.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import type { JsonObject } from '../architectures/config-reader.js';
import { ModelError } from '../errors.js';
import { fileIdentity } from '../runtime/file-identity.js';
import type { Component } from './component-folder.js';
import { readComponent, readJsonObject } from './component-folder.js';
import { readModelCard } from './model-card.js';
import type { ComponentName, PictureModel, Prediction, TokenizerFiles } from './picture-model.js';
import { familyOfUNet } from './picture-model.js';

/** Class of each component that this studio runs. */
const runnable: Readonly<Record<string, readonly string[]>> = {
  unet: ['UNet2DConditionModel'],
  vae: ['AutoencoderKL', 'AutoencoderTiny'],
  text_encoder: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
  text_encoder_2: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
};

/** Pipelines of the parts above, by diffusers' names; what one is asked to do (fill in, vary) does not change its parts. */
const knownPipelines = /^(StableDiffusion|LatentConsistencyModel|AltDiffusion)/;

export async function isDiffusersFolder(folder: string): Promise<boolean> {
  return stat(path.join(folder, 'model_index.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}

export async function readDiffusersFolder(given: string): Promise<PictureModel> {
  const folder = path.resolve(given);
  const indexFile = path.join(folder, 'model_index.json');
  const model = path.basename(folder);
  const index = await readJsonObject(indexFile, `${model}/model_index.json`);
  const pipeline = index['_class_name'];
  if (typeof pipeline === 'string' && !knownPipelines.test(pipeline)) {
    const sentence = `${model} is a ${pipeline}, which is not supported; Stable Diffusion 1.x and 2.x folders are.`;
    throw new ModelError('unsupported', sentence, { file: indexFile });
  }
  for (const name of ['unet', 'vae'] as const) {
    if (namedClass(index, name) === null) {
      throw new ModelError('bad-file', `${model}/model_index.json names no ${name}.`, { file: indexFile });
    }
  }

  const [card, unet, vae, textEncoder, textEncoder2, tokenizer, tokenizer2] = await Promise.all([
    readModelCard(path.join(folder, 'inkstone.json')),
    component(folder, index, 'unet', 'unet'),
    component(folder, index, 'vae', 'vae'),
    component(folder, index, 'text_encoder', 'text_encoder'),
    component(folder, index, 'text_encoder_2', 'text_encoder'),
    tokenizerFiles(folder, index, 'tokenizer'),
    tokenizerFiles(folder, index, 'tokenizer_2'),
  ]);
  if (!unet || !vae) throw new TypeError('unet and vae were checked above');
  if (!textEncoder && !textEncoder2) {
    throw new ModelError('missing-file', `${model}/model_index.json names no text encoder.`, { file: indexFile });
  }
  const schedulerFile = path.join(folder, 'scheduler', 'scheduler_config.json');
  const schedulerConfig = await readJsonObject(schedulerFile, `${model}/scheduler/scheduler_config.json`);
  const components = [unet, vae, textEncoder, textEncoder2].filter((part) => part !== null);
  const tokenizers = [tokenizer, tokenizer2].flatMap((part) => (part ? Object.values(part.files) : []));

  return {
    path: folder,
    name: card.name ?? model,
    card,
    family: familyOfUNet(unet.config),
    prediction: prediction(schedulerConfig, schedulerFile, model),
    inChannels: unet.config.inChannels,
    dtype: unet.dtype,
    bytes: components.reduce((sum, { bytes }) => sum + bytes, 0),
    unet,
    vae,
    textEncoder,
    textEncoder2,
    tokenizer,
    tokenizer2,
    schedulerConfig,
    emptyNegativeIsZeros: index['force_zeros_for_empty_prompt'] === true,
    notices: [],
    identities: [
      ...(await Promise.all([indexFile, schedulerFile, ...tokenizers].map((file) => fileIdentity(file)))),
      ...components.flatMap(({ identities }) => identities),
    ],
  };
}

/** One component, from a pipeline folder or from the component's own folder. */
export async function readNamedComponent(given: string, name: ComponentName): Promise<Component> {
  const folder = path.resolve(given);
  const kind = name === 'text_encoder_2' ? 'text_encoder' : name;
  if (await isDiffusersFolder(folder)) {
    const indexFile = path.join(folder, 'model_index.json');
    const index = await readJsonObject(indexFile, `${path.basename(folder)}/model_index.json`);
    const found = await component(folder, index, name, kind);
    if (found) return found;
    const sentence = `${path.basename(folder)} has no ${name}: its model_index.json names none.`;
    throw new ModelError('missing-file', sentence, { file: indexFile });
  }
  const found = await readComponent(folder);
  if (found.kind === kind) return found;
  throw new ModelError('unfit-model', `${path.basename(folder)} holds a ${found.kind}, not a ${name}.`, {
    file: folder,
  });
}

type KindOf<Kind extends Component['kind']> = Extract<Component, { kind: Kind }>;

/** Null when the index names none. */
async function component<Kind extends Component['kind']>(
  folder: string,
  index: JsonObject,
  name: ComponentName,
  kind: Kind,
): Promise<KindOf<Kind> | null> {
  const className = namedClass(index, name);
  if (className === null) return null;
  const model = path.basename(folder);
  if (!runnable[name]?.includes(className)) {
    const sentence = `${model}: its ${name} is a ${className}, which this studio does not run (it runs ${runnable[name]?.join(', ')}).`;
    throw new ModelError('unsupported', sentence, { file: folder });
  }
  const own = path.join(folder, name);
  if (!(await isFolder(own))) {
    const sentence = `${model} is incomplete: its model_index.json names ${name}, and there is no such folder. Download it again.`;
    throw new ModelError('missing-file', sentence, { file: own });
  }
  const found = await readComponent(own, name);
  if (found.kind !== kind) {
    throw new ModelError('unfit-model', `${model}/${name} holds a ${found.kind}.`, { file: own });
  }
  return found as KindOf<Kind>;
}

/** `"unet": ["diffusers", "UNet2DConditionModel"]` -> the class; null for absent and for `[null, null]`. */
function namedClass(index: JsonObject, name: string): string | null {
  const entry = index[name];
  const className: unknown = Array.isArray(entry) ? entry[1] : null;
  return typeof className === 'string' ? className : null;
}

async function tokenizerFiles(folder: string, index: JsonObject, name: string): Promise<TokenizerFiles | null> {
  if (namedClass(index, name) === null) return null;
  const own = path.join(folder, name);
  if (!(await isFolder(own))) {
    const sentence = `${path.basename(folder)} is incomplete: its model_index.json names ${name}, and there is no such folder. Download it again.`;
    throw new ModelError('missing-file', sentence, { file: own });
  }
  const names = (await readdir(own)).filter((file) => /\.(json|txt)$/.test(file));
  return { folder: own, files: Object.fromEntries(names.map((file) => [file, path.join(own, file)])) };
}

function prediction(config: JsonObject, file: string, model: string): Prediction {
  const type = config['prediction_type'] ?? 'epsilon';
  if (type === 'epsilon' || type === 'v_prediction' || type === 'sample') return type;
  const sentence = `${model}/scheduler/scheduler_config.json: prediction_type ${JSON.stringify(type)} is not known here (known: epsilon, v_prediction, sample).`;
  throw new ModelError('unsupported', sentence, { file });
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
