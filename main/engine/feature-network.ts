import { basename } from 'node:path';
import type { z } from 'zod';
import type { FeatureNetwork, embeddingCalls } from '../../app/contracts/features.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { requireFittingPictures } from '../../native-models/pipelines/clip-features.js';
import { pictureBatch } from '../../native-models/pipelines/image-features.js';
import { readClip, readClipPreprocessing } from '../../native-models/weight-formats/clip-folder.js';

type Request = z.output<(typeof embeddingCalls)['featureNetwork']['request']>;

/** What the files of a network tell; opens nothing. */
export async function featureNetwork({ kind, path, mode }: Request): Promise<FeatureNetwork> {
  if (kind === 'inception')
    throw new StudioError('unsupported', `${basename(path)}: no Inception is read yet (${mode}).`);
  const files = await readClip(path);
  const { preprocessing } = await readClipPreprocessing(files);
  requireFittingPictures(files, preprocessing);
  const { vision, text } = files.config;
  const { resize, crop, rescale, mean, deviation } = preprocessing;
  return {
    kind,
    path,
    label: basename(path),
    side: vision.imageSize,
    dimensions: vision.projection,
    batch: pictureBatch,
    readsText: text !== null,
    preparation: { kind, resize, crop, rescale, mean: [...mean], deviation: [...deviation] },
    hashedFile: files.weights.files[0]?.file ?? files.folder,
    config: JSON.stringify(vision),
    notices: [...(files.notices ?? [])],
  };
}
