import { resolve } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import { TextCache } from '../../native-models/pipelines/text-cache.js';
import { openLanguageNetwork } from '../../native-models/runtime/language-network.js';
import type { RepackOptions } from '../../native-models/weight-formats/gguf/repacked-file.js';
import { languageModelFiles, type LanguageModelFiles } from './language-model-files.js';

export interface LoadedLanguageModel {
  readonly files: LanguageModelFiles;
  readonly device: DeviceId;
  /** The network and what it has read: lives from call to call, so that the next turn computes only what is new. */
  readonly cache: TextCache;
}

interface LoadOptions extends RepackOptions {
  /** Before anything is opened; not called when the model is open already. */
  readonly onOpening: () => void;
}

/**
 * One language model at a time stays open, beside the picture model. Only work that goes one at a time may ask: a change
 * of model, of device or of its files releases the one before.
 */
let loaded: LoadedLanguageModel | null = null;

export async function loadedLanguageModel(
  modelPath: string,
  device: DeviceId,
  { onOpening, ...repack }: LoadOptions,
): Promise<LoadedLanguageModel> {
  const isSame = loaded?.files.path === resolve(modelPath) && loaded.device === device;
  if (loaded !== null && isSame && (await loaded.files.isUnchanged())) return loaded;
  await unloadLanguageModel();
  onOpening();
  const files = await languageModelFiles(modelPath);
  await files.tokenizer(); // what is wrong with it is known before the weights are read
  const network = await openLanguageNetwork(await files.runnable(repack), { device });
  loaded = { files, device, cache: new TextCache(network) };
  return loaded;
}

/** To be called when nothing runs. */
export async function unloadLanguageModel(): Promise<void> {
  const model = loaded;
  loaded = null;
  await model?.cache.network.release();
}
