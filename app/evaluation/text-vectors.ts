import { open, type FileHandle } from 'node:fs/promises';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type { FeatureMatrix, FeatureNetwork } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';

/** Few enough that a stop waits for a second at most. */
const textsAtOnce = 8;

interface TextRequest {
  readonly engine: Pick<Engine, 'embedTexts'>;
  readonly network: FeatureNetwork;
  readonly device: DeviceWish;
  /** Row i of the matrix is the vector of `texts[i]`; each different one is computed once. */
  readonly texts: readonly string[];
  /** What stands before each: `A photo depicts `, or nothing. */
  readonly prefix: string;
  /** The file to write. */
  readonly out: string;
  /** Different texts that are done. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

export interface TextMatrix {
  readonly matrix: FeatureMatrix;
  /** Different texts that were longer than the network reads. */
  readonly cut: number;
}

/** Vectors of captions, into a file. */
export async function textVectors(request: TextRequest): Promise<TextMatrix> {
  const { engine, network, device, texts, prefix, out, onProgress, signal } = request;
  const vectors = new Map<string, Float32Array>();
  // Long ones together: a batch runs as long as its longest text.
  const different = [...new Set(texts)].sort((a, b) => a.length - b.length);
  let cut = 0;
  for (let from = 0; from < different.length; from += textsAtOnce) {
    if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
    const batch = different.slice(from, from + textsAtOnce);
    const { kind, path } = network;
    const reply = await engine.embedTexts(
      { network: { kind, path }, device, texts: batch.map((text) => prefix + text) },
      signal,
    );
    const columns = reply.vectors.length / batch.length;
    for (const [row, text] of batch.entries()) {
      vectors.set(text, reply.vectors.slice(row * columns, (row + 1) * columns));
    }
    cut += reply.cut.length;
    onProgress(from + batch.length);
  }
  const columns = vectors.values().next().value?.length ?? network.dimensions;
  await writeRows(out, texts, (text) => vectors.get(text) ?? new Float32Array(columns));
  return { matrix: { path: out, rows: texts.length, columns }, cut };
}

/** Rows in one write, so that 50,000 of them are no single array. */
const rowsAtOnce = 512;

async function writeRows(path: string, texts: readonly string[], rowOf: (text: string) => Float32Array): Promise<void> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'w');
    for (let from = 0; from < texts.length; from += rowsAtOnce) {
      const rows = texts.slice(from, from + rowsAtOnce).map(rowOf);
      await file.write(Buffer.concat(rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength))));
    }
  } catch (cause) {
    throw new StudioError('storage', `${path} could not be written; check that there is room.`, { file: path, cause });
  } finally {
    await file?.close();
  }
}
