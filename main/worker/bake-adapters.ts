import type { BakeRequest, BakeResult } from '../../app/contracts/worker.js';
import { bakeAdapters as bake } from '../../native-models/adapters/bake.js';

interface BakeContext {
  readonly signal: AbortSignal;
  /** The part that is done, 0 to 1. */
  progress(part: number): void;
}

export const bakeAdapters = (request: BakeRequest, { signal, progress }: BakeContext): Promise<BakeResult> =>
  bake(request, { signal, onProgress: progress });
