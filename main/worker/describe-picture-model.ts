import type { ModelDescription } from '../../app/contracts/models.js';
import { requireFit } from '../../native-models/runtime/open-network.js';
import type { Component } from '../../native-models/weight-formats/component-folder.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';
import type { PictureModel } from '../../native-models/weight-formats/picture-model.js';

/** What a whole model is, of any form. */
export async function describePictureModel(
  model: PictureModel,
  format: string,
  checkFinite: boolean,
): Promise<ModelDescription> {
  const { unet, vae, textEncoder, textEncoder2 } = model;
  const components: Component[] = [unet, vae, textEncoder, textEncoder2].filter((component) => component !== null);
  for (const component of components) await checkComponent(component, checkFinite);
  const sizeMultiple = 2 ** (vae.config.channels.length - 1);
  return {
    name: model.name,
    path: model.path,
    kind: 'diffusion',
    family: model.family,
    prediction: model.prediction === 'sample' ? null : model.prediction,
    inChannels: model.inChannels,
    format,
    dtype: new Set(components.map(({ dtype }) => dtype)).size === 1 ? model.dtype : 'mixed',
    bytes: model.bytes,
    card: Object.keys(model.card).length === 0 ? null : model.card,
    sizeMultiple,
    nativeSize: (unet.config.sampleSize ?? usualSampleSize) * sizeMultiple,
    hashedFile: hashedFileOf(unet),
    notices: [...noticesOf(model), ...model.notices],
  };
}

/** Config and weights must fit each other; with `checkFinite` all weights are read once. */
export async function checkComponent(component: Component, checkFinite: boolean): Promise<void> {
  requireFit(component);
  if (!checkFinite) return;
  for (const file of component.weights.files) await requireFinite(file);
}

function noticesOf({ name, inChannels, vae }: PictureModel): string[] {
  return inChannels === vae.config.latentChannels
    ? []
    : [`${name} takes ${inChannels} channels: it fills in parts of a picture and cannot make one from words alone.`];
}

/** The first weights file; shards are told apart from other models by theirs well enough. */
export const hashedFileOf = (component: Component): string => component.weights.files[0]?.file ?? component.folder;

/** Latent pixels of Stable Diffusion 1.5, for a config that does not tell. */
export const usualSampleSize = 64;
