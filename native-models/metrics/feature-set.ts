/**
 * The vectors of one set of pictures: a file of float32 rows, read block by block, so that fifty thousand pictures need
 * no more memory than a thousand. Sums are made in float64.
 */
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';

/** Sets up to this size are read once and kept. */
const KEPT_BYTES = 256e6;

/** Rows of another set. */
interface Chosen {
  readonly of: FeatureSet;
  readonly indices: Uint32Array;
}

export class FeatureSet {
  /** N, pictures. */
  readonly rows: number;
  /** D, features of each. */
  readonly columns: number;
  readonly #kept: Float32Array | null;
  readonly #file: FileHandle | null;
  readonly #chosen: Chosen | null;

  private constructor(
    rows: number,
    columns: number,
    kept: Float32Array | null,
    file: FileHandle | null,
    chosen: Chosen | null = null,
  ) {
    this.rows = rows;
    this.columns = columns;
    this.#kept = kept;
    this.#file = file;
    this.#chosen = chosen;
  }

  /** @param data [N, D] */
  static of(data: Float32Array, columns: number): FeatureSet {
    return new FeatureSet(data.length / columns, columns, data, null);
  }

  /**
   * A file of rows and nothing else: float32, little endian. Who opens it closes it.
   *
   * @param keptBytes larger files are read where they are needed
   */
  static async open(
    file: { readonly path: string; readonly rows: number; readonly columns: number },
    keptBytes = KEPT_BYTES,
  ): Promise<FeatureSet> {
    const { rows, columns } = file;
    const bytes = rows * columns * 4;
    const handle = await open(file.path, 'r').catch((cause: unknown) => {
      throw new ModelError('missing-file', `${path.basename(file.path)}: there is no such file of features.`, {
        file: file.path,
        cause,
      });
    });
    try {
      const { size } = await handle.stat();
      if (size !== bytes) {
        const sentence = `${path.basename(file.path)} has ${size} bytes, ${rows} × ${columns} features are ${bytes}: make them again.`;
        throw new ModelError('bad-file', sentence, { file: file.path });
      }
      if (bytes > keptBytes) return new FeatureSet(rows, columns, null, handle);
      const kept = new Float32Array(rows * columns);
      await readFully(handle, new Uint8Array(kept.buffer), 0);
      await handle.close();
      return new FeatureSet(rows, columns, kept, null);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /** These rows in this order as a set of their own. It is read from this one, which has to stay open. */
  subset(indices: Uint32Array): FeatureSet {
    return new FeatureSet(indices.length, this.columns, null, null, { of: this, indices });
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** Rows from..to - 1, less `offset` [D] where that is given: [to - from, D]. */
  async block(from: number, to: number, offset?: Float64Array): Promise<Float64Array> {
    return lessOffset(await this.#floats(from, to), this.columns, offset);
  }

  /** These rows in this order, less `offset`: [indices, D]. */
  async pick(indices: ArrayLike<number>, offset?: Float64Array): Promise<Float64Array> {
    return lessOffset(await this.#picked(indices), this.columns, offset);
  }

  async #picked(indices: ArrayLike<number>): Promise<Float32Array> {
    const { columns } = this;
    const rows = new Float32Array(indices.length * columns);
    for (let from = 0, to = 1; from < indices.length; from = to++) {
      // Rows that follow each other are read at once.
      while (to < indices.length && indices[to] === indices[to - 1]! + 1) to++;
      rows.set(await this.#floats(indices[from]!, indices[to - 1]! + 1), from * columns);
    }
    return rows;
  }

  async #floats(from: number, to: number): Promise<Float32Array> {
    const { columns } = this;
    if (this.#chosen !== null) return this.#chosen.of.#picked(this.#chosen.indices.subarray(from, to));
    if (this.#kept !== null) return this.#kept.subarray(from * columns, to * columns);
    const floats = new Float32Array((to - from) * columns);
    await readFully(this.#file!, new Uint8Array(floats.buffer), from * columns * 4);
    return floats;
  }
}

function lessOffset(floats: Float32Array, columns: number, offset: Float64Array | undefined): Float64Array {
  const block = Float64Array.from(floats);
  if (offset === undefined) return block;
  for (let start = 0; start < block.length; start += columns) {
    for (let j = 0; j < columns; j++) block[start + j]! -= offset[j]!;
  }
  return block;
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new ModelError('file-changed', 'A file of features became shorter while it was read.');
    done += bytesRead;
  }
}
