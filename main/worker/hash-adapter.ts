import { basename } from 'node:path';
import type { WholeAdapter } from '../../app/contracts/adapters.js';
import { hashAdapter as hash } from '../../native-models/adapters/adapter-hashes.js';
import { damageSentence } from '../../native-models/adapters/refusals.js';
import { findNonFinite } from '../../native-models/weight-formats/non-finite.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';

interface HashContext {
  readonly signal: AbortSignal;
  /** Bytes read so far. */
  progress(bytes: number): void;
}

/** All that reading a whole file tells. The second look finds the file in the system's memory, at some GB a second. */
export async function hashAdapter(
  { path }: { path: string },
  { signal, progress }: HashContext,
): Promise<WholeAdapter> {
  const hashes = await hash(path, { signal, onProgress: progress });
  // A broken header is told when the file is described.
  const file = await readSafetensors(path).catch(() => null);
  return { ...hashes, damaged: file && damageSentence(basename(path), await findNonFinite(file)) };
}
