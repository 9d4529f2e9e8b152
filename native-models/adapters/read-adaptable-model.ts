import { ModelError } from '../errors.js';
import type { Component } from '../weight-formats/component-folder.js';
import { readComponent } from '../weight-formats/component-folder.js';
import { isPictureModel, readPictureModel } from '../weight-formats/read-picture-model.js';
import { adaptableComponent, adaptableModel } from './adaptable-model.js';
import type { AdaptableComponentName, AdaptableModel } from './adapter.js';

/**
 * What a model offers to adapters: a whole one in a folder or file, or a component's own folder, where `component` tells
 * which text encoder it is. `files` are the component's where the caller has read them.
 */
export async function readAdaptableModel(
  given: string,
  component?: AdaptableComponentName,
  files?: Component,
): Promise<AdaptableModel> {
  if (await isPictureModel(given)) return adaptableModel(await readPictureModel(given));
  const own = files ?? (await readComponent(given));
  if (own.kind === 'unet' || own.kind === 'text_encoder') {
    return adaptableComponent(own, { second: component === 'text_encoder_2' });
  }
  const sentence = `${own.label} holds a ${own.kind}: adapters change UNets and text encoders.`;
  throw new ModelError('unfit-model', sentence, { file: given });
}
