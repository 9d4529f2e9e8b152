import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { breathe } from '../adapters/breathe.js';
import { StudioError } from '../contracts/studio-error.js';

/**
 * Vectors of pictures by one network, on disk, by the pictures' content. A folder holds pairs of files: `NAME.f32` with
 * one vector after the other (float32, little-endian) and `NAME.jsonl` with a line for each, which tells whose it is.
 *
 * Only what is at its end changes: a process writes to a pair of its own, which it makes with its first vector, and reads
 * everyone's. A vector is written before its line, so a line that is whole has a vector; and because a machine may still
 * lose the one and keep the other, the line has the vector's checksum. Half a line at the end counts for nothing.
 */
const line = z.object({
  row: z.number().int().nonnegative(),
  sha256: z.string().length(64),
  crc: z.number().int().nonnegative(),
  notes: z.array(z.string()),
});

interface Place {
  readonly file: string;
  readonly row: number;
  readonly crc: number;
  readonly notes: readonly string[];
}

/** The pair that this process writes to. */
interface OwnFiles {
  readonly file: string;
  readonly vectors: FileHandle;
  readonly lines: FileHandle;
  rows: number;
}

export interface KnownVector {
  /** Of the picture's file. */
  readonly sha256: string;
  readonly vector: Float32Array;
  /** What was done to the picture that its owner may not expect. */
  readonly notes: readonly string[];
}

export class VectorFiles {
  readonly #folder: string;
  readonly #columns: number;
  readonly #places = new Map<string, Place>();
  readonly #readers = new Map<string, Promise<FileHandle>>();
  #own: OwnFiles | null = null;

  private constructor(folder: string, columns: number) {
    this.#folder = folder;
    this.#columns = columns;
  }

  /** Reads what there is; `columns` is the width of the vectors. */
  static async open(folder: string, columns: number): Promise<VectorFiles> {
    const files = new VectorFiles(folder, columns);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('.jsonl')).sort()) await files.#learn(name);
    return files;
  }

  has(sha256: string): boolean {
    return this.#places.has(sha256);
  }

  /** Null where it is not known, or is not on the disk as it was written: then it is not known any more. */
  async read(sha256: string): Promise<KnownVector | null> {
    const place = this.#places.get(sha256);
    if (place === undefined) return null;
    const bytes = new Uint8Array(4 * this.#columns);
    const found = await this.#reader(place.file)
      .then((file) => file.read(bytes, 0, bytes.length, place.row * bytes.length))
      .catch(() => null);
    if (found?.bytesRead === bytes.length && crc32(bytes) === place.crc) {
      return { sha256, vector: new Float32Array(bytes.buffer), notes: place.notes };
    }
    this.#places.delete(sha256);
    return null;
  }

  /** Throws `storage` where the disk refuses. */
  async append(known: readonly KnownVector[]): Promise<void> {
    if (known.length === 0) return;
    try {
      const own = (this.#own ??= await this.#begin());
      const rows = known.map(({ vector }) => bytesOf(vector));
      const bytes = Buffer.concat(rows);
      const first = own.rows;
      // Taken even if what follows fails: half a vector would shift all that come after it.
      own.rows += known.length;
      await own.vectors.write(bytes, 0, bytes.length, first * 4 * this.#columns);
      const places = known.map(({ sha256, notes }, index) => ({
        sha256,
        place: { file: own.file, row: first + index, crc: crc32(rows[index]!), notes },
      }));
      const lines = places.map(({ sha256, place: { row, crc, notes } }) => JSON.stringify({ row, sha256, crc, notes }));
      await own.lines.appendFile(`${lines.join('\n')}\n`);
      for (const { sha256, place } of places) this.#places.set(sha256, place);
    } catch (cause) {
      throw new StudioError(
        'storage',
        `Vectors of pictures cannot be kept in ${this.#folder}; check that there is room. That folder may be deleted: what was in it is computed anew.`,
        { file: this.#folder, cause },
      );
    }
  }

  async close(): Promise<void> {
    const own = this.#own;
    this.#own = null;
    await own?.vectors.close();
    await own?.lines.close();
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    for (const reader of readers) await reader.then((file) => file.close()).catch(() => undefined);
  }

  async #begin(): Promise<OwnFiles> {
    await mkdir(this.#folder, { recursive: true });
    const name = `${Date.now().toString(36)}-${randomUUID().slice(0, 8)}`;
    const file = `${name}.f32`;
    const vectors = await open(join(this.#folder, file), 'wx');
    const lines = await open(join(this.#folder, `${name}.jsonl`), 'ax');
    return { file, vectors, lines, rows: 0 };
  }

  async #learn(name: string): Promise<void> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '');
    const file = name.replace(/\.jsonl$/, '.f32');
    for (const [index, each] of text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .entries()) {
      if (index % 500 === 499) await breathe();
      const parsed = line.safeParse(jsonOrNull(each));
      if (!parsed.success) continue;
      const { sha256, row, crc, notes } = parsed.data;
      this.#places.set(sha256, { file, row, crc, notes });
    }
  }

  #reader(file: string): Promise<FileHandle> {
    const known = this.#readers.get(file);
    if (known) return known;
    const opening = open(join(this.#folder, file), 'r');
    this.#readers.set(file, opening);
    return opening;
  }
}

/** A folder's name for what tells networks apart. */
export function vectorFolderName(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
