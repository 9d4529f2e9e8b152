import { resolve } from 'node:path';
import type { DeviceId } from '../../app/contracts/capabilities.js';
import type { ImageSimilarityRequest } from '../../app/contracts/engine.js';
import { cosineSimilarity } from '../../native-models/metrics/cosine-similarity.js';
import { loadImageFeatures, type ImageFeatures } from '../../native-models/pipelines/image-features.js';
import { verifyFiles } from '../../native-models/runtime/file-identity.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

/** One CLIP stays open beside the picture model, for the next pair. Only work that goes one at a time may touch it. */
let open: { readonly folder: string; readonly features: ImageFeatures } | null = null;

/** Cosine of two pictures' CLIP image vectors, -1 to 1. */
export function imageSimilarity(request: ImageSimilarityRequest, { signal }: { signal: AbortSignal }): Promise<number> {
  return oneAtATime(signal, async () => {
    const features = await openFeatures(request.modelPath, resolvedDevice(request.device));
    const [first, second] = request.pictures;
    return cosineSimilarity(await features.vector(first), await features.vector(second));
  });
}

/** To be called when nothing runs. */
export async function closeImageFeatures(): Promise<void> {
  const closing = open;
  open = null;
  await closing?.features.release();
}

async function openFeatures(modelPath: string, device: DeviceId): Promise<ImageFeatures> {
  const folder = resolve(modelPath);
  if (open?.folder === folder && open.features.device === device && (await isUnchanged(open.features)))
    return open.features;
  await closeImageFeatures();
  const features = await loadImageFeatures(folder, device);
  open = { folder, features };
  return features;
}

/** Files that changed between two calls are simply read anew. */
function isUnchanged({ identities }: ImageFeatures): Promise<boolean> {
  return verifyFiles(identities).then(
    () => true,
    () => false,
  );
}
