/** A CLIP model and how its pictures are prepared: in a folder of its own, inside a pipeline's, or a single file. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { ClipPreprocessing } from '../metrics/clip-preprocessing.js';
import { parseClipPreprocessing } from '../metrics/clip-preprocessing.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { fileIdentity } from '../runtime/file-identity.js';
import { readClipFile } from './clip-file.js';
import type { ClipFiles } from './component-folder.js';
import { readComponent, readJsonObject } from './component-folder.js';
import { openClipPreprocessing } from './open-clip-config.js';

/**
 * The CLIP of a pipeline folder (in `clip/`, else in `image_encoder/`), that of its own folder in transformers' or
 * OpenCLIP's form, or a single file.
 */
export async function readClip(given: string): Promise<ClipFiles> {
  const place = path.resolve(given);
  const found = await stat(place).catch((cause: unknown) => {
    throw new ModelError('missing-file', `${place} is not there.`, { file: place, cause });
  });
  if (found.isFile()) return readClipFile(place);
  for (const inside of ['clip', 'image_encoder', '.']) {
    const own = path.join(place, inside);
    const weights = await onlyReadableFile(own);
    if (weights !== null) return readClipFile(path.join(own, weights));
    if (!(await isFile(path.join(own, 'config.json')))) continue;
    const component = await readComponent(own);
    if (component.kind === 'clip') return component;
    throw new ModelError('unfit-model', `${path.basename(own)} holds a ${component.kind}, not a CLIP model.`, {
      file: own,
    });
  }
  const sentence = `${path.basename(place)} has no CLIP model: neither in clip/ nor in image_encoder/, nor is it one itself.`;
  throw new ModelError('missing-file', sentence, { file: place });
}

/** The weights of a folder that is no transformers model in `.safetensors`: OpenCLIP's, or a Python pickle. */
async function onlyReadableFile(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch((): string[] => []);
  const has = (name: string): boolean => names.includes(name);
  if (has('config.json') && names.some((name) => /^model\..*safetensors/.test(name))) return null;
  const openClip = ['open_clip_model.safetensors', 'open_clip_pytorch_model.bin'].find(has);
  if (has('open_clip_config.json') && openClip !== undefined) return openClip;
  return has('config.json') && has('pytorch_model.bin') ? 'pytorch_model.bin' : null;
}

export interface ClipPreprocessingFile {
  readonly preprocessing: ClipPreprocessing;
  /** Of the settings; none where a model has none. */
  readonly identities: readonly FileIdentity[];
}

/**
 * From the `preprocessor_config.json` of the model, or of its pipeline's `feature_extractor`, or OpenCLIP's own config;
 * else as OpenAI's.
 */
export async function readClipPreprocessing({
  folder,
  config,
  rawConfig,
  label,
}: ClipFiles): Promise<ClipPreprocessingFile> {
  const { imageSize } = config.vision;
  for (const place of [folder, path.join(folder, '..', 'feature_extractor')]) {
    const file = path.join(place, 'preprocessor_config.json');
    if (!(await isFile(file))) continue;
    const name = `${path.basename(place)}/preprocessor_config.json`;
    const preprocessing = parseClipPreprocessing(await readJsonObject(file, name), imageSize, name);
    return { preprocessing, identities: [await fileIdentity(file, name)] };
  }
  if ('preprocess_cfg' in rawConfig) {
    return { preprocessing: openClipPreprocessing(rawConfig, imageSize, label), identities: [] };
  }
  return { preprocessing: parseClipPreprocessing({}, imageSize, 'the usual settings'), identities: [] };
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
