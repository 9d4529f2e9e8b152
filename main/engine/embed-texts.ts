import type { z } from 'zod';
import type { embeddingCalls } from '../../app/contracts/features.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { openClip } from './feature-networks.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

type Call = (typeof embeddingCalls)['embedTexts'];

/** Vectors of texts, by the CLIP that sees the pictures. */
export function embedTexts(
  { network, device, texts }: z.output<Call['request']>,
  { signal }: { signal: AbortSignal },
): Promise<z.input<Call['reply']>> {
  return oneAtATime(signal, async () => {
    if (network.kind !== 'clip') throw new StudioError('bad-input', 'Only a CLIP reads texts.', { file: network.path });
    const features = await (await openClip(network.path, resolvedDevice(device))).texts();
    const { vectors, cut } = await features.vectors(texts);
    return { vectors, cut: [...cut] };
  });
}
