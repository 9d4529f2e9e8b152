import { join } from 'node:path';
import type { EvaluationProgress } from '../contracts/evaluation.js';
import type { PictureMode, SkippedFile } from '../contracts/features.js';
import { StudioError } from '../contracts/studio-error.js';
import { exists } from '../storage/save-as.js';
import { featureStore, type EvaluationParts } from './evaluate.js';
import { FileHashes } from './file-hashes.js';
import { hashSource, setHash } from './hashed-pictures.js';
import { setsNetwork } from './networks.js';
import { Progress } from './progress.js';
import { setVectors } from './set-vectors.js';
import { listSource } from './sources.js';
import { inWorkFolder } from './work-folder.js';

export interface StatisticsWish {
  readonly folder: string;
  /** The `.npz` to write, beside it and renamed. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly mode: PictureMode;
  /** As `EvaluationSettings` has it. */
  readonly inception: string | null;
}

export interface WrittenStatistics {
  readonly n: number;
  readonly dimensions: number;
  readonly skipped: readonly SkippedFile[];
  readonly features: { readonly network: string; readonly sha256: string; readonly comparable: boolean };
  readonly notices: readonly string[];
}

/** Mean and covariance of a folder's vectors, into pytorch-fid's `.npz`, with how they came about beside them. */
export async function writeStatistics(
  parts: EvaluationParts,
  { folder, out, overwrite, mode, inception }: StatisticsWish,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: Omit<EvaluationProgress, 'id'>) => void;
  },
): Promise<WrittenStatistics> {
  const { signal } = options;
  const { engine, worker, device, home } = parts;
  if (!overwrite && (await exists(out))) {
    throw new StudioError('bad-input', `${out} is there already: choose another name, or replace it with --force.`, {
      file: out,
    });
  }
  const progress = new Progress(options.onProgress, parts.memory);
  const hashes = new FileHashes(worker, parts.memory);
  const listed = await listSource(parts, { kind: 'folder', path: folder }, mode);
  if (listed.pictures.length === 0) {
    throw new StudioError('bad-input', `There are no pictures in ${folder}: choose a folder of pictures.`, {
      file: folder,
    });
  }
  const network = await setsNetwork({ ...parts, hashes }, { inception, clip: null, mode }, signal);
  const of = listed.pictures.length;
  progress.plan('hash', 'hash', of);
  progress.plan('vectors', network.network.kind, of);
  progress.plan('moments', 'sets', of);
  const source = await progress.during(
    { name: 'hash', phase: 'listing', what: `Reading “${listed.label}”`, of },
    (tell) => hashSource(worker, listed, { onProgress: tell, signal }),
  );
  return inWorkFolder(home, async (work) => {
    const vectors = await progress.during(
      { name: 'vectors', phase: 'features', what: `Features of “${source.label}”`, of },
      (tell, load) =>
        setVectors({
          ...{ store: featureStore(parts), network, device, source, pictures: source.hashed, signal },
          out: join(work, 'vectors.f32'),
          ...{ onProgress: tell, onLoad: load },
        }),
    );
    const { label, sha256, comparable, checked } = network.used;
    const meta = {
      ...{ tool: `inkstone ${parts.versions.inkstone}`, onnxruntime: parts.versions.onnxruntime, mode, checked },
      ...{ network: label, sha256, pictures: setHash(vectors.rows) },
    };
    const { n, dimensions } = await progress.during(
      { name: 'moments', phase: 'measures', what: 'Mean and covariance', of: 1 },
      (tell) =>
        engine.featureMoments(
          { features: vectors.matrix, out, overwrite, meta: JSON.stringify(meta) },
          ({ part, what }) => tell(part, what),
          signal,
        ),
    );
    progress.finish();
    const embedded = comparable ? [] : ['They are of the embedded CLIP: not comparable with published statistics.'];
    const wrong = checked === 'does not match' ? [`The hash in ${label}’s name is not its own.`] : [];
    return {
      ...{ n, dimensions, skipped: [...source.skipped, ...vectors.skipped] },
      features: { network: label, sha256, comparable },
      notices: [...embedded, ...wrong, ...source.notices, ...network.network.notices],
    };
  });
}
