import { basename } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';
import { readModelComponent } from '../../native-models/weight-formats/read-picture-model.js';
import { latentsShape } from './given-noise.js';

/** How many pictures the latents of a file are for, and of which size in pixels with this model. */
export async function inspectLatents({ modelPath, file }: { modelPath: string; file: string }) {
  const { count, channels, height, width } = await latentsShape(file);
  const vae = await readModelComponent(modelPath, 'vae');
  if (vae.kind !== 'vae') throw new TypeError('a vae was asked for');
  if (channels !== vae.config.latentChannels) {
    throw new StudioError(
      'bad-input',
      `${basename(file)} has latents of ${channels} channels; those of this model have ${vae.config.latentChannels}.`,
      { file },
    );
  }
  const pixels = 2 ** (vae.config.channels.length - 1);
  return { count, width: width * pixels, height: height * pixels };
}
