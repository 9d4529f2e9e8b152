import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AdapterReceipt } from '../../app/contracts/adapters.js';
import { hashAdapter } from '../../native-models/adapters/adapter-hashes.js';
import { adapterReceipt } from '../../native-models/adapters/adapter-receipt.js';
import { matchAdapter } from '../../native-models/adapters/match-adapter.js';
import { readAdaptableModel } from '../../native-models/adapters/read-adaptable-model.js';
import { readAdapter } from '../../native-models/adapters/read-adapter.js';
import { mergeTriggerWords } from '../../native-models/adapters/trigger-words.js';
import { readSidecars } from './sidecars.js';

/** The whole receipt of an adapter, for one model or none. */
export async function inspectAdapter(
  request: { path: string; modelPath: string | null },
  { signal }: { signal: AbortSignal },
): Promise<AdapterReceipt> {
  const path = resolve(request.path);
  const adapter = await readAdapter(path);
  const model = request.modelPath === null ? null : await readAdaptableModel(request.modelPath);
  const receipt = await adapterReceipt(adapter, model && matchAdapter(adapter, model), signal);
  const beside = new Set(await readdir(dirname(path)).catch(() => []));
  const { triggerWords } = await readSidecars(path, beside);
  return {
    ...receipt,
    triggerWords: mergeTriggerWords([...triggerWords, ...receipt.triggerWords]),
    hashes: await hashAdapter(path, { signal }),
  };
}
