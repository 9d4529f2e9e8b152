import { ModelError } from '../errors.js';
import type { Component } from '../weight-formats/component-folder.js';
import { readComponent } from '../weight-formats/component-folder.js';
import { isDiffusersFolder, readDiffusersFolder } from '../weight-formats/diffusers-folder.js';
import { adaptableComponent, adaptableModel } from './adaptable-model.js';
import type { AdaptableComponentName, AdaptableModel } from './adapter.js';

/**
 * What the model in a folder offers to adapters: a pipeline's, or a component's own, where `component` tells which text
 * encoder it is. `files` are the component's where the caller has read them.
 */
export async function readAdaptableModel(
  folder: string,
  component?: AdaptableComponentName,
  files?: Component,
): Promise<AdaptableModel> {
  if (await isDiffusersFolder(folder)) return adaptableModel(await readDiffusersFolder(folder));
  const own = files ?? (await readComponent(folder));
  if (own.kind === 'unet' || own.kind === 'text_encoder') {
    return adaptableComponent(own, { second: component === 'text_encoder_2' });
  }
  const sentence = `${own.label} holds a ${own.kind}: adapters change UNets and text encoders.`;
  throw new ModelError('unfit-model', sentence, { file: folder });
}
