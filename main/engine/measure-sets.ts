import type { z } from 'zod';
import type { FeatureMatrix } from '../../app/contracts/features.js';
import type { measureCalls, MeasuredSets, MeasureProgress, SetsRequest } from '../../app/contracts/measures.js';
import { StudioError } from '../../app/contracts/studio-error.js';
import { featurePlane } from '../../native-models/metrics/feature-map.js';
import { FeatureSet } from '../../native-models/metrics/feature-set.js';
import { metrics } from '../../native-models/metrics/index.js';
import {
  unmeasured,
  type Measured,
  type Reference,
  type Sets,
  type SetsMetric,
  type Work,
} from '../../native-models/metrics/metric.js';
import { meanOf } from '../../native-models/metrics/moments.js';
import { nearestReferences } from '../../native-models/metrics/nearest-neighbours.js';
import { Pace } from '../../native-models/metrics/pace.js';
import { RandomState } from '../../native-models/metrics/random-state.js';
import type { MatrixProducts } from '../../native-models/runtime/matrix-products.js';
import { readStatistics } from '../../native-models/weight-formats/npz/statistics.js';
import { withProducts } from './with-products.js';

interface Context {
  readonly signal: AbortSignal;
  progress(progress: MeasureProgress): void;
}

type Reply = z.input<(typeof measureCalls)['measureSets']['reply']>;

/** The metrics asked for, in the order of the list, then the map and the neighbours. */
export async function measureSets(request: SetsRequest, { signal, progress }: Context): Promise<Reply> {
  const asked = setsMetrics(request.metrics);
  const opened: FeatureSet[] = [];
  const set = async (matrix: FeatureMatrix): Promise<FeatureSet> => {
    const features = await FeatureSet.open(matrix);
    opened.push(features);
    return features;
  };
  try {
    const generated = await set(request.generated);
    const reference = await referenceOf(request, set);
    const against = request.against && (await set(request.against));
    requireOneWidth(request, reference);
    const sets: Sets = { generated, reference, against };
    return await withProducts(signal, async (products) => {
      const pace = new Pace(signal);
      // Throws where a feature is not a number, before anything is made of it.
      for (const features of opened) if (features.rows > 0) await meanOf(features, pace);
      const reply: MeasuredSets = { metrics: {}, differences: {}, map: null, neighbours: null, notices: [] };
      const steps = stepsOf(asked, sets, request, { products, pace }, reply);
      const all = steps.reduce((sum, { weight }) => sum + weight, 0);
      let done = 0;
      for (const { what, weight, run } of steps) {
        progress({ what, part: done / all });
        const told = (part: number, other = what) => progress({ what: other, part: (done + weight * part) / all });
        await run(told);
        done += weight;
      }
      return reply;
    });
  } finally {
    for (const features of opened) await features.close();
  }
}

/** Throws `bad-input` with what there is, where there is no such metric. */
function setsMetrics(ids: readonly string[]): SetsMetric[] {
  const known = metrics.filter((metric): metric is SetsMetric => metric.needs === 'sets');
  const names = known.flatMap(({ gives }) => gives.map(({ id }) => id));
  const unknown = ids.find((id) => !names.includes(id));
  if (unknown !== undefined) {
    throw new StudioError('bad-input', `There is no metric ${unknown} on sets: choose ${names.join(', ')}.`);
  }
  return known.filter(({ gives }) => gives.some(({ id }) => ids.includes(id)));
}

async function referenceOf(
  { reference }: SetsRequest,
  set: (matrix: FeatureMatrix) => Promise<FeatureSet>,
): Promise<Reference> {
  if (reference.kind === 'features') return { kind: 'features', set: await set(reference.matrix) };
  const { mu, sigma, n } = await readStatistics(reference.path);
  return { kind: 'statistics', moments: { mu, sigma }, n };
}

function requireOneWidth(request: SetsRequest, reference: Reference): void {
  const { columns } = request.generated;
  const width = reference.kind === 'features' ? reference.set.columns : reference.moments.mu.length;
  if (width !== columns) {
    const file = request.reference.kind === 'features' ? request.reference.matrix.path : request.reference.path;
    const sentence = `The reference has ${width} dimensions, these pictures’ features have ${columns}: they are of two networks; choose a reference of the same one.`;
    throw new StudioError('bad-input', sentence, { file });
  }
  if (request.against !== null && request.against.columns !== columns) {
    throw new StudioError('bad-input', 'The other run’s features are of another network: it cannot be compared.');
  }
}

interface Step {
  readonly what: string;
  /** About how long it takes, in any unit. */
  readonly weight: number;
  readonly run: (told: (part: number, what?: string) => void) => Promise<void>;
}

/** Each step writes its part into `reply`. */
function stepsOf(
  asked: readonly SetsMetric[],
  sets: Sets,
  { metrics: ids, mode, seed, intervals, pictures }: SetsRequest,
  { products, pace }: { products: MatrixProducts; pace: Pace },
  reply: MeasuredSets,
): Step[] {
  const steps = asked.map((metric): Step => {
    const labels = metric.gives.flatMap(({ id, label }) => (ids.includes(id) ? [label] : []));
    return {
      what: labels.join(', '),
      // FID∞ is of many sets even without its interval.
      weight: metric.gives.some(({ id }) => id === 'fid_infinity' || (id === 'fid' && intervals)) ? 8 : 2,
      async run(told) {
        const work: Work = { products, pace, random: () => new RandomState(seed), progress: told, intervals, mode };
        const { measured, differences } = await metric.measure(sets, work);
        for (const id of ids) {
          if (measured[id] !== undefined) reply.metrics[id] = finite(measured[id]);
          if (differences[id] !== undefined && isFiniteResult(differences[id]))
            reply.differences[id] = { ...differences[id] };
        }
      },
    };
  });
  const { generated, reference } = sets;
  if (!pictures || reference.kind === 'statistics' || generated.rows === 0 || reference.set.rows === 0) return steps;
  return [
    ...steps,
    {
      what: 'Map of both sets',
      weight: 1,
      async run() {
        reply.map = await featurePlane(generated, reference.set, { products, pace, random: new RandomState(seed) });
      },
    },
    {
      what: 'Nearest pictures',
      weight: 1,
      async run(told) {
        reply.neighbours = await nearestReferences(generated, reference.set, { products, pace }, told);
      },
    },
  ];
}

/** Features of some 1e30 leave the range of numbers when they are multiplied: that is a reason, not an infinity. */
function finite(measured: Measured): Measured {
  const { bias, details, n } = measured;
  if (isFiniteResult(measured) && Number.isFinite(bias ?? 0) && Object.values(details).every(Number.isFinite)) {
    return { ...measured };
  }
  return unmeasured(n, 'The features are too large for numbers to be made of them.');
}

const isFiniteResult = ({ value, low, high }: Pick<Measured, 'value' | 'low' | 'high'>): boolean =>
  [value, low, high].every((number) => number === null || Number.isFinite(number));
