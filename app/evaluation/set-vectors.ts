import type { DeviceWish } from '../contracts/capabilities.js';
import type { EvaluatedSet } from '../contracts/evaluation.js';
import type { FeatureMatrix, SkippedFile } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import type { FeatureStore } from './feature-store.js';
import { duplicatesIn, type HashedPicture, type HashedSource } from './hashed-pictures.js';
import type { EvaluationNetwork } from './networks.js';
import type { Workload } from './progress.js';
import { pictureCount } from './sources.js';

/** Vectors of a set of pictures by one network. */
export interface SetVectors {
  readonly matrix: FeatureMatrix;
  /** The picture of each row. */
  readonly rows: readonly HashedPicture[];
  readonly skipped: readonly SkippedFile[];
  readonly notes: EvaluatedSet['notes'];
  /** Pictures whose vectors had to be computed. */
  readonly computed: number;
  /** Where they were computed; null where all were known. */
  readonly device: string | null;
}

interface VectorRequest {
  readonly store: FeatureStore;
  readonly network: EvaluationNetwork;
  readonly device: DeviceWish;
  readonly source: Pick<HashedSource, 'label'>;
  readonly pictures: readonly HashedPicture[];
  /** The file to write. */
  readonly out: string;
  readonly onProgress: (done: number) => void;
  /** Told before `onProgress`: of the pictures that are not known yet, how many are done. */
  readonly onLoad?: (load: Workload) => void;
  readonly signal: AbortSignal;
}

/** Throws `bad-file` when not one picture can be read. */
export async function setVectors(request: VectorRequest): Promise<SetVectors> {
  const { store, network, device, source, pictures, out, onProgress, onLoad, signal } = request;
  const set = await store.set({
    ...{ network: network.network, sha256OfNetwork: network.used.sha256, device, pictures, out, signal },
    onProgress: ({ done, computed, toCompute }) => {
      onLoad?.({ done: computed, of: toCompute });
      onProgress(done);
    },
  });
  const skipped = set.skipped.map(({ index, reason }) => ({ file: pictures[index]?.name ?? '', reason }));
  if (set.kept.length === 0) {
    const [first] = skipped;
    throw new StudioError(
      'bad-file',
      `None of the ${pictureCount(pictures.length)} in “${source.label}” can be read${first === undefined ? '' : `: ${first.file} ${first.reason}`}.`,
    );
  }
  const rows = set.kept.flatMap((index) => pictures[index] ?? []);
  return { ...set, rows, skipped };
}

/** Of the pictures that were listed: how many vanished or could not be read when their turn came. */
export function lostPictures(source: HashedSource, sets: readonly (SetVectors | null)[]): LostPictures {
  const unread = new Set(sets.flatMap((set) => set?.skipped ?? []).map(({ file }) => file));
  const listed = source.pictures.length;
  return { label: source.label, listed, lost: listed - source.hashed.length + unread.size };
}

export interface LostPictures {
  readonly label: string;
  readonly listed: number;
  readonly lost: number;
}

/** What is told of a set that went in. */
export function evaluatedSet(source: HashedSource, sets: readonly (SetVectors | null)[]): EvaluatedSet {
  const [main] = sets.filter((set) => set !== null);
  const rows = main?.rows ?? source.hashed;
  const skipped = new Map<string, SkippedFile>();
  for (const each of [...source.skipped, ...sets.flatMap((set) => set?.skipped ?? [])]) {
    if (!skipped.has(each.file)) skipped.set(each.file, each);
  }
  return {
    label: source.label,
    count: rows.length,
    skipped: [...skipped.values()],
    duplicates: duplicatesIn(rows),
    notes: [...(main?.notes ?? [])],
  };
}
