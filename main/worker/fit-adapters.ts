import type { AdapterFit } from '../../app/contracts/adapters.js';
import type { AdaptableModel } from '../../native-models/adapters/adapter.js';
import { matchAdapter } from '../../native-models/adapters/match-adapter.js';
import { readAdaptableModel } from '../../native-models/adapters/read-adaptable-model.js';
import { readAdapter } from '../../native-models/adapters/read-adapter.js';

/** How each file goes with a model; null for one that cannot be read, whose description says why. */
export async function fitAdapters(request: { paths: string[]; modelPath: string }): Promise<(AdapterFit | null)[]> {
  const model = await readAdaptableModel(request.modelPath);
  const fits: (AdapterFit | null)[] = [];
  for (const path of request.paths) fits.push(await fit(path, model));
  return fits;
}

async function fit(path: string, model: AdaptableModel): Promise<AdapterFit | null> {
  const adapter = await readAdapter(path).catch(() => null);
  if (adapter === null) return null;
  const { fits, matched, total } = matchAdapter(adapter, model);
  const state = !fits ? 'other' : matched.length < total ? 'partial' : 'fits';
  return { state, matched: matched.length, total };
}
