import type { ImageSimilarityRequest } from '../../app/contracts/engine.js';
import { cosineSimilarity } from '../../native-models/metrics/cosine-similarity.js';
import { clipVector } from '../../native-models/pipelines/image-features.js';
import { openClip } from './feature-networks.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

/** Cosine of two pictures' CLIP image vectors, -1 to 1. */
export function imageSimilarity(request: ImageSimilarityRequest, { signal }: { signal: AbortSignal }): Promise<number> {
  return oneAtATime(signal, async () => {
    const { images, preprocessing } = await openClip(request.modelPath, resolvedDevice(request.device));
    const [first, second] = request.pictures;
    return cosineSimilarity(
      await clipVector(images, first, preprocessing),
      await clipVector(images, second, preprocessing),
    );
  });
}
