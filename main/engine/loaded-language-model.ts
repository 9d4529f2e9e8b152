import { freemem, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import { ModelError } from '../../native-models/errors.js';
import { TextCache } from '../../native-models/pipelines/text-cache.js';
import { openLanguageNetwork } from '../../native-models/runtime/language-network.js';
import type { RepackOptions } from '../../native-models/weight-formats/gguf/repacked-file.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';
import { SafetensorsWeights } from '../../native-models/weight-formats/safetensors-weights.js';
import { languageModelFiles, type LanguageModelFiles } from './language-model-files.js';

export interface LoadedLanguageModel {
  readonly files: LanguageModelFiles;
  readonly device: DeviceId;
  /** The network and what it has read: lives from call to call, so that the next turn computes only what is new. */
  readonly cache: TextCache;
}

interface LoadOptions extends RepackOptions {
  /** Before anything is opened, with what a person should know of it; not called when the model is open already. */
  readonly onOpening: (notices: readonly string[]) => void;
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
  const files = await languageModelFiles(modelPath);
  const notice = requireMemory(files.files.label, files.weightBytes);
  onOpening(notice === null ? [] : [notice]);
  await files.tokenizer(); // what is wrong with it is known before the weights are read
  await checkWeights(files, repack);
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

/**
 * Whether weights of so many bytes find room in the machine's memory. Throws `out-of-memory` where they never could;
 * where they would with less beside them, the sentence that says so, else null.
 */
export function requireMemory(
  name: string,
  bytes: number,
  { total, free }: { readonly total: number; readonly free: number } = { total: totalmem(), free: freemem() },
): string | null {
  if (bytes > total) {
    const memory = `this machine has ${inWords(total)} (${inWords(free)} free)`;
    const sentence = `${name} needs ${inWords(bytes)} of memory, ${memory}. Choose a smaller or a quantised one.`;
    throw new ModelError('out-of-memory', sentence);
  }
  if (bytes <= free) return null;
  return `${name} needs ${inWords(bytes)} of memory and ${inWords(free)} are free: it will be slow. Close other programs, or choose a smaller one.`;
}

/** All weights of a folder are read once. The network asks for it too, and would say nothing for minutes. */
export async function checkWeights(
  { files }: LanguageModelFiles,
  { onProgress, signal }: Pick<RepackOptions, 'onProgress' | 'signal'>,
): Promise<void> {
  if (!(files.weights instanceof SafetensorsWeights)) return;
  let done = 0;
  for (const file of files.weights.files) {
    if (signal?.aborted) throw new ModelError('cancelled', `Reading ${files.label} was stopped.`);
    onProgress?.(done, files.bytes);
    await requireFinite(file);
    for (const { byteLength } of file.tensors.values()) done += byteLength;
  }
  onProgress?.(files.bytes, files.bytes);
}

function inWords(bytes: number): string {
  if (bytes >= 10e9) return `${Math.round(bytes / 1e9)} GB`;
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}
