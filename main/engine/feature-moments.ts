import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import type { measureCalls, MeasureProgress } from '../../app/contracts/measures.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { FeatureSet } from '../../native-models/metrics/feature-set.js';
import { momentsOf } from '../../native-models/metrics/moments.js';
import { Pace } from '../../native-models/metrics/pace.js';
import { writeStatistics } from '../../native-models/weight-formats/npz/statistics.js';
import { withProducts } from './with-products.js';

type Call = (typeof measureCalls)['featureMoments'];

interface Context {
  readonly signal: AbortSignal;
  progress(progress: MeasureProgress): void;
}

/** Mean and covariance of features, into pytorch-fid's `.npz`. */
export async function featureMoments(
  { features, out, overwrite, meta }: z.output<Call['request']>,
  { signal, progress }: Context,
): Promise<z.input<Call['reply']>> {
  if (features.rows < 2) {
    throw new StudioError('bad-input', 'Statistics need two pictures: one alone has no spread.', { file: out });
  }
  if (!overwrite && (await exists(out))) {
    const sentence = `${basename(out)} is there already: choose another name, or replace it with --force.`;
    throw new StudioError('bad-input', sentence, { file: out });
  }
  const set = await FeatureSet.open(features);
  try {
    const moments = await withProducts(signal, (products) =>
      momentsOf(set, products, new Pace(signal), (part) => progress({ what: 'Mean and covariance', part })),
    );
    await writeStatistics(out, { ...moments, n: set.rows, meta });
    return { n: set.rows, dimensions: set.columns };
  } finally {
    await set.close();
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
