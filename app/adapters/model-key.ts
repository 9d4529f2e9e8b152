import { createHash } from 'node:crypto';
import { modelFilesIdentity } from '../storage/file-identity.js';

/** Short for a model as it is on the disk now; null where it is gone. */
export async function modelKey(path: string): Promise<string | null> {
  const identity = await modelFilesIdentity(path);
  return identity === null ? null : createHash('sha256').update(`${path}\n${identity}`).digest('hex').slice(0, 24);
}
