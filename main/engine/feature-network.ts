import { basename } from 'node:path';
import type { z } from 'zod';
import type { FeatureNetwork, PictureMode, embeddingCalls } from '../../app/contracts/features.js';
import { fidInceptionSizes } from '../../native-models/architectures/fid-inception.js';
import { requireFittingPictures } from '../../native-models/pipelines/clip-features.js';
import { pictureBatches } from '../../native-models/pipelines/image-features.js';
import { readClip, readClipPreprocessing } from '../../native-models/weight-formats/clip-folder.js';
import { readInception } from '../../native-models/weight-formats/inception-file.js';

type Request = z.output<(typeof embeddingCalls)['featureNetwork']['request']>;

/** What the files of a network tell; opens nothing. */
export function featureNetwork({ kind, path, mode }: Request): Promise<FeatureNetwork> {
  return kind === 'clip' ? clipNetwork(path) : inceptionNetwork(path, mode);
}

async function inceptionNetwork(path: string, mode: PictureMode): Promise<FeatureNetwork> {
  const { file, label } = await readInception(path);
  const { side, features } = fidInceptionSizes;
  return {
    kind: 'inception',
    path,
    label,
    side,
    dimensions: features,
    batch: pictureBatches.inception,
    readsText: false,
    preparation: { kind: 'inception', mode },
    hashedFile: file,
    config: '',
    notices: [],
  };
}

async function clipNetwork(path: string): Promise<FeatureNetwork> {
  const files = await readClip(path);
  const { preprocessing } = await readClipPreprocessing(files);
  requireFittingPictures(files, preprocessing);
  const { vision, text } = files.config;
  const { resize, crop, rescale, mean, deviation } = preprocessing;
  return {
    kind: 'clip',
    path,
    label: basename(path),
    side: vision.imageSize,
    dimensions: vision.projection,
    batch: pictureBatches.clip,
    readsText: text !== null,
    preparation: { kind: 'clip', resize, crop, rescale, mean: [...mean], deviation: [...deviation] },
    hashedFile: files.weights.files[0]?.file ?? files.folder,
    config: JSON.stringify(vision),
    notices: [...(files.notices ?? [])],
  };
}
