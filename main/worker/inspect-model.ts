import { realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { readComponent } from '../../native-models/weight-formats/component-folder.js';
import { isDiffusersFolder, readDiffusersFolder } from '../../native-models/weight-formats/diffusers-folder.js';
import { readGguf } from '../../native-models/weight-formats/gguf/read-gguf.js';
import { familyOfUNet } from '../../native-models/weight-formats/picture-model.js';
import { isTinyAutoencoder } from '../../native-models/weight-formats/tiny-autoencoder-file.js';
import { checkComponent, describePictureModel, hashedFileOf, usualSampleSize } from './describe-picture-model.js';
import { inspectGguf, inspectLanguageFolder, isGgufFile, isLanguageFolder } from './inspect-language-model.js';
import { inspectTinyAutoencoder } from './inspect-tiny-autoencoder.js';
import { inspectWeightFile } from './inspect-weight-file.js';

/**
 * What reading the headers and configs of a model tells. Config and weights must fit each other; with `checkFinite`
 * all weights of pictures' models are read once, for one NaN would make every picture black.
 */
export async function inspectModel(request: { path: string; checkFinite: boolean }): Promise<ModelDescription> {
  const path = resolve(request.path);
  const found = await stat(path).catch((cause: unknown) => {
    throw new StudioError('missing-file', `${path} is not there.`, { file: path, cause });
  });
  const description = found.isFile() ? await inspectFile(path, request) : await inspectFolder(path, request);
  return { ...description, path: await realpath(path) };
}

async function inspectFile(path: string, request: { checkFinite: boolean }): Promise<ModelDescription> {
  if (!(await isGgufFile(path))) return inspectWeightFile(path, request);
  const { tensors } = await readGguf(path);
  return isTinyAutoencoder(tensors) ? inspectTinyAutoencoder(path, request.checkFinite) : inspectGguf(path);
}

async function inspectFolder(path: string, request: { checkFinite: boolean }): Promise<ModelDescription> {
  const hasConfig = !(await isDiffusersFolder(path)) && (await isFile(join(path, 'config.json')));
  if (!hasConfig) return inspectPipeline(path, request);
  // Its weights may be tens of gigabytes: the engine checks them when it opens them, and tells how far it is.
  if (await isLanguageFolder(path)) return inspectLanguageFolder(path, false);
  return inspectComponent(path, request);
}

async function inspectPipeline(path: string, { checkFinite }: { checkFinite: boolean }): Promise<ModelDescription> {
  if (!(await isDiffusersFolder(path))) {
    throw new StudioError(
      'bad-input',
      `${basename(path)} is no model: a model's folder has a model_index.json, or the config.json of a language model or of one component.`,
      { file: path },
    );
  }
  return describePictureModel(await readDiffusersFolder(path), 'diffusers', checkFinite);
}

async function inspectComponent(path: string, { checkFinite }: { checkFinite: boolean }): Promise<ModelDescription> {
  const component = await readComponent(path);
  await checkComponent(component, checkFinite);
  const kinds = { unet: 'diffusion', vae: 'autoencoder', text_encoder: 'clip', clip: 'clip' } as const;
  return {
    name: basename(path),
    path,
    kind: kinds[component.kind],
    family: component.kind === 'unet' ? familyOfUNet(component.config) : 'custom',
    prediction: null,
    inChannels: component.kind === 'unet' ? component.config.inChannels : null,
    format: 'component',
    dtype: component.dtype,
    bytes: component.bytes,
    card: null,
    sizeMultiple: 8,
    nativeSize: usualSampleSize * 8,
    hashedFile: hashedFileOf(component),
    notices: [
      component.kind === 'clip'
        ? 'This network compares pictures and texts: it serves Evaluate.'
        : `This is one component (${component.kind}) of a model: it makes no pictures alone.`,
    ],
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
