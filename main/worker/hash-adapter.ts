import type { AdapterHashes } from '../../app/contracts/adapters.js';
import { hashAdapter as hash } from '../../native-models/adapters/adapter-hashes.js';

interface HashContext {
  readonly signal: AbortSignal;
  /** Bytes read so far. */
  progress(bytes: number): void;
}

export const hashAdapter = ({ path }: { path: string }, { signal, progress }: HashContext): Promise<AdapterHashes> =>
  hash(path, { signal, onProgress: progress });
