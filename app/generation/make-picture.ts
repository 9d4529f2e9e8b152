import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PictureAdapters } from '../adapters/picture-adapters.js';
import type { ApplyWish, UsedAdapter } from '../contracts/adapters.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine, GeneratedPicture, GenerateProgress, GenerateRequest } from '../contracts/engine.js';
import type { PictureReceipt } from '../contracts/gallery.js';
import type { GenerationSettings } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { StudioError } from '../contracts/studio-error.js';
import type { Worker } from '../contracts/worker.js';
import { writeMetadata, type GalleryEntry } from '../gallery/picture-metadata.js';

/** One picture, with its own seed. The queue and the command line both make theirs here. */
export interface PictureOrder {
  readonly model: Pick<Model, 'name' | 'path' | 'family' | 'sha256'>;
  readonly settings: GenerationSettings;
  /** Looked up and checked for this model. */
  readonly adapters: PictureAdapters;
  readonly apply: ApplyWish;
  readonly device: DeviceWish;
  readonly latents: GenerateRequest['latents'];
  readonly checkpointFile: string | null;
  readonly previewCache: string | null;
  readonly versions: { readonly inkstone: string; readonly onnxruntime: string };
}

export interface MadePicture {
  readonly generated: GeneratedPicture;
  readonly receipt: PictureReceipt;
}

export async function makePicture(
  engine: Engine,
  order: PictureOrder,
  onProgress: (progress: GenerateProgress) => void,
  signal: AbortSignal,
): Promise<MadePicture> {
  const { model, settings, adapters, apply, device, latents, checkpointFile, previewCache, versions } = order;
  const { model: _id, ...request } = settings;
  const { prompt, files } = adapters;
  const told = { ...request, prompt, adapters: [...files], apply };
  const generated = await engine.generate(
    { ...told, modelPath: model.path, device, latents, checkpointFile, previewCache },
    onProgress,
    signal,
  );
  const { width, height, noise, seconds } = generated;
  const notices = [...new Set([...adapters.notices, ...generated.notices])];
  return {
    generated,
    receipt: {
      ...versions,
      settings: { ...settings, width, height },
      model: { name: model.name, family: model.family, sha256: model.sha256 },
      adapters: usedAdapters(adapters, generated),
      device: generated.device,
      noise,
      notices,
      seconds,
    },
  };
}

/** What the engine says it did with each, beside what was known of it before. */
function usedAdapters({ used }: PictureAdapters, { adapters: applied }: GeneratedPicture): UsedAdapter[] {
  return used.map(({ adapter, weight, textWeight, fromPrompt, receipt }) => {
    const how = applied.find(({ file }) => file === adapter.path)?.how;
    if (how === undefined) {
      throw new StudioError('internal', `The engine made a picture and does not say what it did with ${adapter.name}.`);
    }
    return { name: adapter.name, weight, textWeight, fromPrompt, how, receipt };
  });
}

export interface PicturePlace {
  readonly path: string;
  readonly overwrite: boolean;
  readonly thumbnail: { readonly path: string; readonly side: number } | null;
  /** The gallery's own knowledge, written into the file too; null for a picture of the command line. */
  readonly entry: GalleryEntry | null;
}

/** Write the PNG with its two texts, and the folder it goes to. Returns its size in bytes. */
export async function savePicture(worker: Worker, { generated, receipt }: MadePicture, place: PicturePlace) {
  const { rgb, width, height } = generated;
  const { path, overwrite, thumbnail, entry } = place;
  const text = writeMetadata(receipt, entry);
  await mkdir(dirname(path), { recursive: true });
  const { bytes } = await worker.savePicture({ rgb, width, height, path, overwrite, text, thumbnail });
  return bytes;
}
