/** A CLIP as the judge of pictures and captions: both towers, the tokenizer, and how pictures are prepared for it. */
import { ModelError } from '../errors.js';
import type { ClipPreprocessing } from '../metrics/clip-preprocessing.js';
import type { Device } from '../runtime/devices.js';
import type { FileIdentity } from '../runtime/file-identity.js';
import { clipModelTokenizer } from '../tokenizers/clip-model-tokenizer.js';
import { readClip, readClipPreprocessing } from '../weight-formats/clip-folder.js';
import type { ClipFiles } from '../weight-formats/component-folder.js';
import type { ImageFeatures } from './image-features.js';
import { clipImageFeatures } from './image-features.js';
import type { TextFeatures } from './text-features.js';
import { clipTextFeatures } from './text-features.js';

export interface ClipFeatures {
  readonly images: ImageFeatures;
  readonly preprocessing: ClipPreprocessing;
  /** Of the model's files, for `verifyFiles`. */
  readonly identities: readonly FileIdentity[];
  /** Throws `unfit-model` where the text tower is not there, `missing-file` where the tokenizer is not. */
  texts(): Promise<TextFeatures>;
  /** Closes both towers; memory goes back to the system. */
  release(): Promise<void>;
}

/**
 * Opens nothing yet: each tower is opened with its first batch.
 * @param given a CLIP's folder, that of a model which has one, or its single file
 * @param openAIMerges as `clipModelTokenizer` has it
 */
export async function loadClipFeatures(given: string, device: Device, openAIMerges: string): Promise<ClipFeatures> {
  const files = await readClip(given);
  const settings = await readClipPreprocessing(files);
  const images = clipImageFeatures(files, device);
  let texts: TextFeatures | null = null;
  return {
    images,
    preprocessing: settings.preprocessing,
    identities: [...files.identities, ...settings.identities],
    async texts() {
      texts ??= clipTextFeatures(files, await clipModelTokenizer(files, openAIMerges), device);
      return texts;
    },
    async release() {
      await images.release();
      await texts?.release();
    },
  };
}

/** Refuse settings that make pictures of another size than the network takes, or of many sizes. */
export function requireFittingPictures(files: ClipFiles, { resize, crop }: ClipPreprocessing): void {
  const side = files.config.vision.imageSize;
  const made = crop ?? (resize !== null && 'width' in resize ? resize : null);
  if (made?.width === side && made.height === side) return;
  const makes = made ? `pictures of ${made.width} x ${made.height} pixels` : 'pictures of many sizes';
  const sentence = `${files.label}: its settings for pictures (preprocessor_config.json) make ${makes}, its network takes ${side} x ${side}.`;
  throw new ModelError('unfit-model', sentence, { file: files.folder });
}
