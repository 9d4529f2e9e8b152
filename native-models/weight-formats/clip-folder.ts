/** A CLIP model and how its pictures are prepared: in a folder of its own, or inside a pipeline's. */
import { stat } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { ClipPreprocessing } from '../metrics/clip-preprocessing.js';
import { parseClipPreprocessing } from '../metrics/clip-preprocessing.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { fileIdentity } from '../runtime/file-identity.js';
import type { ClipFiles } from './component-folder.js';
import { readComponent, readJsonObject } from './component-folder.js';

/** The CLIP of a pipeline folder (in `clip/`, else in `image_encoder/`), or that of its own folder. */
export async function readClip(given: string): Promise<ClipFiles> {
  const folder = path.resolve(given);
  for (const inside of ['clip', 'image_encoder', '.']) {
    const own = path.join(folder, inside);
    if (!(await isFile(path.join(own, 'config.json')))) continue;
    const found = await readComponent(own);
    if (found.kind === 'clip') return found;
    throw new ModelError('unfit-model', `${path.basename(own)} holds a ${found.kind}, not a CLIP model.`, {
      file: own,
    });
  }
  const sentence = `${path.basename(folder)} has no CLIP model: neither in clip/ nor in image_encoder/, nor is it one itself.`;
  throw new ModelError('missing-file', sentence, { file: folder });
}

export interface ClipPreprocessingFile {
  readonly preprocessing: ClipPreprocessing;
  /** Of the settings; none where a model has none. */
  readonly identities: readonly FileIdentity[];
}

/** From the `preprocessor_config.json` of the model, or of its pipeline's `feature_extractor`; else as OpenAI's. */
export async function readClipPreprocessing({ folder, config }: ClipFiles): Promise<ClipPreprocessingFile> {
  const { imageSize } = config.vision;
  for (const place of [folder, path.join(folder, '..', 'feature_extractor')]) {
    const file = path.join(place, 'preprocessor_config.json');
    if (!(await isFile(file))) continue;
    const label = `${path.basename(place)}/preprocessor_config.json`;
    const preprocessing = parseClipPreprocessing(await readJsonObject(file, label), imageSize, label);
    return { preprocessing, identities: [await fileIdentity(file, label)] };
  }
  return { preprocessing: parseClipPreprocessing({}, imageSize, 'the usual settings'), identities: [] };
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
