import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StudioError } from '../../app/contracts/studio-error.js';
import { fileError } from './file-error.js';

interface HashContext {
  readonly signal: AbortSignal;
  /** Bytes read so far. */
  progress(bytes: number): void;
}

/** sha256 of a whole file, hex, reading it once in pieces. */
export async function hashFile({ path }: { path: string }, { signal, progress }: HashContext): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  let told = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) {
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      hash.update(piece);
      bytes += piece.length;
      if (bytes - told >= progressBytes) progress((told = bytes));
    }
  } catch (error) {
    throw fileError(error, path, 'read');
  }
  progress(bytes);
  return hash.digest('hex');
}

const pieceBytes = 1 << 20;
/** A message now and then: about ten a second from a fast disk. */
const progressBytes = 64 << 20;
