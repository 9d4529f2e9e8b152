import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { streamFeatures } from '../../native-models/pipelines/feature-stream.js';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type { FeatureMatrix, FeatureNetwork, Preparation, PreparedPicture } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import { VectorFiles, vectorFolderName, type KnownVector } from './vector-files.js';

/** Raised whenever decoding or resizing change what a network is given: what was kept before is then of no use. */
const preparationVersion = 1;

/** The worker's part of it. */
interface PicturePreparer {
  preparePicture(request: { path: string; preparation: Preparation }): Promise<PreparedPicture>;
}

export interface FeatureSetRequest {
  readonly network: FeatureNetwork;
  /** Of `network.hashedFile`. */
  readonly sha256OfNetwork: string;
  readonly device: DeviceWish;
  /** In the order of the matrix; `sha256` is that of the file. Any number of them may be the same. */
  readonly pictures: readonly { readonly path: string; readonly sha256: string }[];
  /** The file to write. */
  readonly out: string;
  /** Also once at the beginning. */
  readonly onProgress: (progress: FeatureProgress) => void;
  readonly signal: AbortSignal;
}

export interface FeatureProgress {
  /** Pictures that are done, whether they were known or computed now. */
  readonly done: number;
  readonly total: number;
  /** Different pictures that were not known: those that take time, and how many of them are done. */
  readonly computed: number;
  readonly toCompute: number;
}

export interface FeatureSet {
  /** Rows are the pictures that could be read, in their order. */
  readonly matrix: FeatureMatrix;
  /** The picture of each row, by its place in the request. */
  readonly kept: readonly number[];
  /** Those that could not be read. */
  readonly skipped: readonly { readonly index: number; readonly reason: string }[];
  /** What was done to pictures that one may not expect, and to how many; the most frequent first. */
  readonly notes: { note: string; count: number }[];
  /** Pictures whose vectors had to be computed now. */
  readonly computed: number;
  /** Where; null where all were known. */
  readonly device: string | null;
}

/**
 * Vectors of pictures, each computed once: kept by content, network and preparation in files below `folder`, which may be
 * deleted at any time when nothing runs. Stopping keeps what was computed. A vector takes 8 kB with FID's Inception, so
 * 50,000 pictures take 0.4 GB.
 */
export class FeatureStore {
  readonly #engine: Pick<Engine, 'embedPictures'>;
  readonly #worker: PicturePreparer;
  readonly #folder: string;
  #last: Promise<unknown> = Promise.resolve();
  /** Pictures of the present set that ended the worker. */
  #lost = 0;

  constructor(parts: {
    readonly engine: Pick<Engine, 'embedPictures'>;
    readonly worker: PicturePreparer;
    /** `home.features` */
    readonly folder: string;
  }) {
    this.#engine = parts.engine;
    this.#worker = parts.worker;
    this.#folder = parts.folder;
  }

  /** Throws `cancelled` when `signal` aborts, `storage` where the disk refuses, and what the engine throws. */
  async set(request: FeatureSetRequest): Promise<FeatureSet> {
    const { pictures, onProgress } = request;
    this.#lost = 0;
    const known = await this.#open(request);
    try {
      const problems = new Map<string, string>();
      const progress = new Progress(pictures, (sha256) => known.has(sha256), onProgress);
      let computed = 0;
      let device: string | null = null;
      for (let attempt = 1; attempt <= 2; attempt++) {
        const run = await this.#compute(request, known, problems, progress);
        computed += run.computed;
        device = run.device ?? device;
        const written = await writeMatrix(request, known, problems);
        // What the disk does not have as it was written is computed again.
        if (written !== null) return { ...written, computed, device };
      }
      const sentence = `Vectors that were just written to ${this.#folder} cannot be read again; check that disk.`;
      throw new StudioError('storage', sentence, { file: this.#folder });
    } finally {
      await known.close();
    }
  }

  /** Of each of some sets, computed one after the other: how many different pictures have to be computed. */
  async missing(
    network: Pick<FeatureSetRequest, 'network' | 'sha256OfNetwork'>,
    sets: readonly (readonly { readonly sha256: string }[])[],
  ): Promise<number[]> {
    const known = await this.#open(network);
    try {
      const asked = new Set<string>();
      return sets.map((pictures) => {
        const before = asked.size;
        for (const { sha256 } of pictures) if (!known.has(sha256)) asked.add(sha256);
        return asked.size - before;
      });
    } finally {
      await known.close();
    }
  }

  #open({ network, sha256OfNetwork }: Pick<FeatureSetRequest, 'network' | 'sha256OfNetwork'>): Promise<VectorFiles> {
    const name = vectorFolderName([
      ...[sha256OfNetwork, network.config, JSON.stringify(network.preparation)],
      ...[`${network.dimensions}`, `${preparationVersion}`],
    ]);
    return VectorFiles.open(join(this.#folder, name), network.dimensions);
  }

  async #compute(
    { network, device: wish, pictures, signal }: FeatureSetRequest,
    known: VectorFiles,
    problems: Map<string, string>,
    progress: Progress,
  ): Promise<{ computed: number; device: string | null }> {
    const { kind, path } = network;
    let device: string | null = null;
    let computed = 0;
    const stream = streamFeatures<{ path: string; sha256: string }, PreparedPicture>({
      items: missing(pictures, (sha256) => known.has(sha256) || problems.has(sha256)),
      batch: network.batch,
      signal,
      prepare: (picture) => this.#prepared(picture.path, network),
      embed: async (pixels, count) => {
        const reply = await this.#engine.embedPictures(
          { network: { kind, path }, device: wish, count, pixels },
          signal,
        );
        ({ device } = reply);
        return reply.vectors;
      },
    });
    for await (const results of stream) {
      const fresh: KnownVector[] = [];
      for (const result of results) {
        const { sha256 } = result.item;
        if ('problem' in result) problems.set(sha256, result.problem);
        else fresh.push({ sha256, vector: result.vector, notes: result.prepared.notes });
      }
      await known.append(fresh);
      computed += fresh.length;
      progress.finish(results.map(({ item }) => item.sha256));
    }
    return { computed, device };
  }

  async #prepared(path: string, network: FeatureNetwork): Promise<PreparedPicture | { problem: string }> {
    const { preparation, side } = network;
    const prepare = (): Promise<PreparedPicture> => this.#worker.preparePicture({ path, preparation });
    try {
      const prepared = await prepare().catch((error: unknown) => {
        if (!isLost(error)) throw error;
        // One of those on their way ended the process: each is tried again with no other beside it.
        return this.#alone(prepare);
      });
      if (prepared.pixels.length === 3 * side * side) return prepared;
      throw new StudioError('internal', `${path} was prepared as ${prepared.pixels.length} numbers.`, { file: path });
    } catch (error) {
      if (isLost(error) && ++this.#lost <= mostLost)
        return { problem: `${basename(path)} cannot be read: it ends the process that reads pictures.` };
      if (!(error instanceof StudioError) || !ofThePicture.has(error.kind)) throw error;
      return { problem: error.message };
    }
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** More of them are no fault of the pictures: the worker does not run. */
const mostLost = 3;

const isLost = (error: unknown): boolean => error instanceof StudioError && error.kind === 'engine-lost';

/** Kinds that are the picture's own fault: it is left out, and the others go on. */
const ofThePicture: ReadonlySet<string> = new Set(['missing-file', 'bad-file', 'unsupported', 'bad-input']);

/** Pictures whose content is asked for the first time and is not known. */
function* missing<Picture extends { readonly sha256: string }>(
  pictures: readonly Picture[],
  isKnown: (sha256: string) => boolean,
): Iterable<Picture> {
  const asked = new Set<string>();
  for (const picture of pictures) {
    if (asked.has(picture.sha256) || isKnown(picture.sha256)) continue;
    asked.add(picture.sha256);
    yield picture;
  }
}

/** Counts pictures, though each content is done once. */
class Progress {
  readonly #total: number;
  readonly #times = new Map<string, number>();
  readonly #toCompute: number;
  #done = 0;

  constructor(
    pictures: FeatureSetRequest['pictures'],
    isKnown: (sha256: string) => boolean,
    private readonly tell: FeatureSetRequest['onProgress'],
  ) {
    this.#total = pictures.length;
    for (const { sha256 } of pictures) {
      if (isKnown(sha256)) this.#done++;
      else this.#times.set(sha256, (this.#times.get(sha256) ?? 0) + 1);
    }
    this.#toCompute = this.#times.size;
    this.#told();
  }

  finish(hashes: readonly string[]): void {
    for (const sha256 of hashes) {
      this.#done += this.#times.get(sha256) ?? 0;
      this.#times.delete(sha256);
    }
    this.#told();
  }

  #told(): void {
    const computed = this.#toCompute - this.#times.size;
    this.tell({ done: this.#done, total: this.#total, computed, toCompute: this.#toCompute });
  }
}

/** Rows that are read and written at once. */
const rowsAtOnce = 64;

/** Null where a vector is not on the disk as it was written. */
async function writeMatrix(
  { network, pictures, out, signal }: FeatureSetRequest,
  known: VectorFiles,
  problems: ReadonlyMap<string, string>,
): Promise<Pick<FeatureSet, 'matrix' | 'kept' | 'skipped' | 'notes'> | null> {
  const kept = pictures.flatMap(({ sha256 }, index) => (problems.has(sha256) ? [] : [index]));
  const skipped = pictures.flatMap(({ sha256 }, index) => {
    const reason = problems.get(sha256);
    return reason === undefined ? [] : [{ index, reason }];
  });
  const counts = new Map<string, number>();
  const file = await open(out, 'w').catch((cause: unknown) => {
    throw new StudioError('storage', `${out} could not be written; check that there is room.`, { file: out, cause });
  });
  try {
    for (let from = 0; from < kept.length; from += rowsAtOnce) {
      if (signal.aborted) throw new StudioError('cancelled', 'Stopped.');
      const places = kept.slice(from, from + rowsAtOnce);
      const rows = await Promise.all(places.map((index) => known.read(pictures[index]!.sha256)));
      const vectors: Uint8Array[] = [];
      for (const row of rows) {
        if (row === null) return null;
        vectors.push(new Uint8Array(row.vector.buffer, row.vector.byteOffset, row.vector.byteLength));
        for (const note of row.notes) counts.set(note, (counts.get(note) ?? 0) + 1);
      }
      await file.write(Buffer.concat(vectors)).catch((cause: unknown) => {
        throw new StudioError('storage', `${out} could not be written; check that there is room.`, {
          file: out,
          cause,
        });
      });
    }
  } finally {
    await file.close();
  }
  const notes = [...counts].map(([note, count]) => ({ note, count })).sort((a, b) => b.count - a.count);
  return { matrix: { path: out, rows: kept.length, columns: network.dimensions }, kept, skipped, notes };
}
