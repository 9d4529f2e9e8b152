import type { PrepareAdaptersRequest } from '../../app/contracts/engine.js';
import { loadedModel } from './loaded-model.js';
import { oneAtATime } from './one-at-a-time.js';
import { resolvedDevice } from './resolved-device.js';

/** Opens the model, and its text encoder and UNet with room for adapters: the first one is then put on at once. */
export async function prepareAdapters(
  request: PrepareAdaptersRequest,
  { signal }: { signal: AbortSignal },
): Promise<Record<string, never>> {
  await oneAtATime(signal, async () => {
    const model = await loadedModel(request.modelPath, resolvedDevice(request.device));
    await model.prepareAdapters(request);
  });
  return {};
}
