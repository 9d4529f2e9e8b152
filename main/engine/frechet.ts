import { basename } from 'node:path';
import type { z } from 'zod';
import type { measureCalls, MeasureProgress } from '../../app/contracts/measures.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { frechetOfMoments } from '../../native-models/metrics/frechet-distance.js';
import { Pace } from '../../native-models/metrics/pace.js';
import { readStatistics } from '../../native-models/weight-formats/npz/statistics.js';
import { withProducts } from './with-products.js';

type Call = (typeof measureCalls)['frechet'];

interface Context {
  readonly signal: AbortSignal;
  progress(progress: MeasureProgress): void;
}

/** The distance between two files of statistics. */
export async function frechet(
  { a, b }: z.output<Call['request']>,
  { signal, progress }: Context,
): Promise<z.input<Call['reply']>> {
  progress({ what: 'Reading statistics', part: 0 });
  const [first, second] = [await readStatistics(a), await readStatistics(b)];
  if (first.mu.length !== second.mu.length) {
    const sentence = `${basename(a)} has ${first.mu.length} dimensions and ${basename(b)} ${second.mu.length}: they are of two networks and cannot be compared.`;
    throw new StudioError('bad-input', sentence, { file: b });
  }
  progress({ what: 'Fréchet distance', part: 0.05 });
  return withProducts(signal, (products) => frechetOfMoments(first, second, products, new Pace(signal)));
}
