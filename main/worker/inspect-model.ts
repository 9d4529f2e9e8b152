import type { ModelDescription } from '../../app/contracts/models.js';

export async function inspectModel(_request: { path: string; checkFinite: boolean }): Promise<ModelDescription> {
  throw new Error('not there yet');
}
