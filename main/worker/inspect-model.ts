import { realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { requireFit } from '../../native-models/runtime/open-network.js';
import { readComponent, type Component } from '../../native-models/weight-formats/component-folder.js';
import {
  familyOfUNet,
  isDiffusersFolder,
  readDiffusersFolder,
  type DiffusersModel,
} from '../../native-models/weight-formats/diffusers-folder.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';
import { inspectGguf, inspectLanguageFolder, isGgufFile, isLanguageFolder } from './inspect-language-model.js';
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
  return (await isGgufFile(path)) ? inspectGguf(path) : inspectWeightFile(path, request);
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
  const model = await readDiffusersFolder(path);
  const { unet, vae, textEncoder, textEncoder2 } = model;
  const components: Component[] = [unet, vae, textEncoder, textEncoder2].filter((component) => component !== null);
  for (const component of components) await check(component, checkFinite);
  const sizeMultiple = 2 ** (vae.config.channels.length - 1);
  return {
    name: model.name,
    path,
    kind: 'diffusion',
    family: model.family,
    prediction: model.prediction === 'sample' ? null : model.prediction,
    inChannels: model.inChannels,
    format: 'diffusers',
    dtype: new Set(components.map(({ dtype }) => dtype)).size === 1 ? model.dtype : 'mixed',
    bytes: model.bytes,
    card: Object.keys(model.card).length === 0 ? null : model.card,
    sizeMultiple,
    nativeSize: (unet.config.sampleSize ?? usualSampleSize) * sizeMultiple,
    hashedFile: weightsOf(unet),
    notices: noticesOf(model),
  };
}

async function inspectComponent(path: string, { checkFinite }: { checkFinite: boolean }): Promise<ModelDescription> {
  const component = await readComponent(path);
  await check(component, checkFinite);
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
    hashedFile: weightsOf(component),
    notices: [
      component.kind === 'clip'
        ? 'This network compares pictures and texts: it serves Evaluate.'
        : `This is one component (${component.kind}) of a model: it makes no pictures alone.`,
    ],
  };
}

async function check(component: Component, checkFinite: boolean): Promise<void> {
  requireFit(component);
  if (!checkFinite) return;
  for (const file of component.weights.files) await requireFinite(file);
}

function noticesOf({ name, inChannels, vae }: DiffusersModel): string[] {
  return inChannels === vae.config.latentChannels
    ? []
    : [`${name} takes ${inChannels} channels: it fills in parts of a picture and cannot make one from words alone.`];
}

/** The first weights file; shards are told apart from other models by theirs well enough. */
const weightsOf = (component: Component): string => component.weights.files[0]?.file ?? component.folder;

/** Latent pixels of Stable Diffusion 1.5, for a config that does not tell. */
const usualSampleSize = 64;

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
