/** A picture model of any form: a diffusers folder or a checkpoint in a single file. */
import { stat } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import type { Component } from './component-folder.js';
import { isDiffusersFolder, readDiffusersFolder, readNamedComponent } from './diffusers-folder.js';
import type { ComponentName, PictureModel } from './picture-model.js';
import { readSingleFile } from './single-file/read-single-file.js';

/** Whether a whole model is there, and not one component's own folder. A file is taken for one: reading it tells. */
export async function isPictureModel(given: string): Promise<boolean> {
  return (await isFile(given)) || (await isDiffusersFolder(given));
}

export async function readPictureModel(given: string): Promise<PictureModel> {
  return (await isFile(given)) ? readSingleFile(given) : readDiffusersFolder(given);
}

/** One component, from a whole model or from the component's own folder. */
export async function readModelComponent(given: string, name: ComponentName): Promise<Component> {
  if (!(await isFile(given))) return readNamedComponent(given, name);
  const { unet, vae, textEncoder, textEncoder2 } = await readSingleFile(given);
  const found = { unet, vae, text_encoder: textEncoder, text_encoder_2: textEncoder2 }[name];
  if (found !== null) return found;
  throw new ModelError('missing-file', `${path.basename(given)} has no ${name}.`, { file: given });
}

function isFile(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isFile(),
    () => false,
  );
}
