import { closeFeatureNetworks } from './feature-networks.js';
import { forgetLanguageModelFiles } from './language-model-files.js';
import { unloadLanguageModel } from './loaded-language-model.js';
import { unloadModel } from './loaded-model.js';
import { oneAtATime } from './one-at-a-time.js';

/** Close every session; waits for the picture or answer that is being made. */
export async function unload(_request: object, { signal }: { signal: AbortSignal }): Promise<Record<string, never>> {
  await oneAtATime(signal, async () => {
    await unloadModel();
    await unloadLanguageModel();
    forgetLanguageModelFiles();
    await closeFeatureNetworks();
  });
  return {};
}
