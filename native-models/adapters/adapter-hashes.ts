/**
 * The hashes by which people know an adapter: Civitai's AutoV2 (of the whole file) and AutoV3 (of its tensors, which
 * A1111 calls the short hash and kohya keeps whole as `sshs_model_hash`). One pass over the file makes them all.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';

import { ModelError } from '../errors.js';

export interface AdapterHashes {
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Its first 10 digits. */
  readonly autov2: string;
  /** First 12 digits of `tensors`. */
  readonly autov3: string;
  /** sha256 of everything behind the header, hex: it stays when the metadata is edited. */
  readonly tensors: string;
}

export interface HashListeners {
  /** Bytes read so far. */
  onProgress?(bytes: number): void;
  readonly signal?: AbortSignal;
}

export async function hashAdapter(file: string, listeners: HashListeners = {}): Promise<AdapterHashes> {
  const whole = createHash('sha256');
  const tensors = createHash('sha256');
  const prefix = Buffer.alloc(LENGTH_BYTES);
  let bytes = 0;
  let told = 0;
  let dataStart = Infinity;
  try {
    for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
      if (listeners.signal?.aborted) throw new ModelError('cancelled', 'Stopped.');
      whole.update(piece);
      if (bytes < LENGTH_BYTES) piece.copy(prefix, bytes, 0, LENGTH_BYTES - bytes);
      if (bytes + piece.length >= LENGTH_BYTES) dataStart = LENGTH_BYTES + Number(prefix.readBigUInt64LE());
      if (bytes + piece.length > dataStart) tensors.update(piece.subarray(Math.max(0, dataStart - bytes)));
      bytes += piece.length;
      if (bytes - told >= PROGRESS_BYTES) listeners.onProgress?.((told = bytes));
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const sentence = `${path.basename(file)} is not there or cannot be read.`;
    throw new ModelError('missing-file', sentence, { file, cause });
  }
  listeners.onProgress?.(bytes);
  const [sha256, ofTensors] = [whole.digest('hex'), tensors.digest('hex')];
  return { sha256, autov2: sha256.slice(0, 10), autov3: ofTensors.slice(0, 12), tensors: ofTensors };
}

const LENGTH_BYTES = 8;
const PIECE_BYTES = 1 << 20;
/** A message now and then: about ten a second from a fast disk. */
const PROGRESS_BYTES = 32 << 20;
