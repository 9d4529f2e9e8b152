import type { z } from 'zod';
import type { embeddingCalls } from '../../app/contracts/features.js';
import { openImageFeatures } from './feature-networks.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

type Call = (typeof embeddingCalls)['embedPictures'];

/** Vectors of one batch of prepared pictures. */
export function embedPictures(
  request: z.output<Call['request']>,
  { signal }: { signal: AbortSignal },
): Promise<z.input<Call['reply']>> {
  return oneAtATime(signal, async () => {
    const device = resolvedDevice(request.device);
    const features = await openImageFeatures(request.network, device);
    return { vectors: await features.vectors(request.pixels, request.count), device };
  });
}
