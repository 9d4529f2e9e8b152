import { resolve } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import { loadTextToImage, type LoadedTextToImage } from '../../native-models/pipelines/load-text-to-image.js';
import { verifyFiles } from '../../native-models/runtime/file-identity.js';
import { readPictureModel } from '../../native-models/weight-formats/read-picture-model.js';
import { bakeFolder } from './bake-folder.js';
import { openAIMerges } from './openai-merges.js';

/**
 * One model at a time stays open, so that a second picture opens nothing. Only work that goes one at a time may ask:
 * a change of model releases the one before.
 */
let loaded: LoadedTextToImage | null = null;

export async function loadedModel(modelPath: string, device: DeviceId): Promise<LoadedTextToImage> {
  if (loaded?.model.path === resolve(modelPath) && loaded.device === device && (await isUnchanged(loaded)))
    return loaded;
  await unloadModel();
  loaded = await loadTextToImage(await readPictureModel(modelPath), device, { bakeFolder, openAIMerges });
  return loaded;
}

export async function unloadModel(): Promise<void> {
  const model = loaded;
  loaded = null;
  await model?.release();
}

/** The open one, if it is that of the path: to be looked at, not run. */
export function openModelOf(modelPath: string): LoadedTextToImage | null {
  return loaded?.model.path === resolve(modelPath) ? loaded : null;
}

/** Files that changed between two pictures are simply read anew. */
function isUnchanged({ model }: LoadedTextToImage): Promise<boolean> {
  return verifyFiles(model.identities).then(
    () => true,
    () => false,
  );
}
