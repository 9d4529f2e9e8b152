/**
 * Density and coverage: Naeem, Oh, Uh, Choi and Yoo 2020, "Reliable fidelity and diversity metrics for generative models",
 * section 3. A ball around every reference picture reaches to its fifth nearest neighbour among them.
 *
 *   density  = 1/(k M) sum over generated pictures of the reference balls that hold it (<); it may exceed 1
 *   coverage = share of reference pictures whose ball holds some generated picture (<)
 *
 * Agrees with the authors' prdc 0.2. Beside precision and recall: one outlier among the reference pictures, whose ball is
 * huge, moves density little, and no ball is made of generated pictures.
 *
 * Intervals: radii and reference stay, the generated pictures are what chance drew. Density is a mean over them; for coverage
 * they are drawn anew with replacement (`fake-draws.ts`).
 */
import { squaredDistances } from './distances.js';
import { drawGenerated, Reached } from './fake-draws.js';
import type { FeatureSet } from './feature-set.js';
import {
  countsOf,
  NORMAL_975,
  unmeasured,
  type Counts,
  type Measured,
  type MetricFacts,
  type SetsMetric,
  type Work,
} from './metric.js';
import { meanOf } from './moments.js';
import { neighbourRadii } from './nearest-neighbours.js';
import { allRows } from './pair-tiles.js';
import { deviationOf, meanDifference, reachedDifference, reachedShare } from './share-intervals.js';

const K = 5;

const facts: Omit<MetricFacts, 'id' | 'label'> = {
  hint: '',
  better: 'higher',
  needs: 'sets',
  shownTimes: 1,
  floor: 1000,
  captionPrefix: '',
  byDefault: false,
  paper: 'Naeem and others 2020',
};

export const densityCoverage: SetsMetric = {
  needs: 'sets',
  gives: [
    { ...facts, id: 'density', label: 'Density' },
    { ...facts, id: 'coverage', label: 'Coverage' },
  ],
  async measure(sets, work) {
    const n = countsOf(sets);
    const { generated, reference, against } = sets;
    const nothing = (reason: string) => {
      const none = unmeasured(n, reason);
      return { measured: { density: none, coverage: none }, differences: {} };
    };
    if (reference.kind === 'statistics') {
      return nothing('Density and coverage need the reference pictures; statistics are for FID alone.');
    }
    if (reference.set.rows <= K || generated.rows < 2) {
      return nothing(`Density and coverage need ${K + 1} reference pictures and 2 generated ones.`);
    }
    const offset = await meanOf(reference.set, work.pace);
    const radii = await neighbourRadii(reference.set, K, offset, work);
    work.progress(1 / 2);
    const drawn = drawGenerated(generated.rows, work.random());
    const hold = (set: FeatureSet) => held(set, { set: reference.set, offset, radii }, drawn, work);
    const own = await hold(generated);
    const measured = { density: densityOf(own.densities, n), coverage: reachedShare(own.covered, n) };
    if (against === null || against.rows !== generated.rows) return { measured, differences: {} };
    const other = await hold(against);
    return {
      measured,
      differences: {
        density: meanDifference(own.densities, other.densities),
        coverage: reachedDifference(own.covered, other.covered),
      },
    };
  },
};

interface Balls {
  readonly set: FeatureSet;
  readonly offset: Float64Array;
  /** Squared. */
  readonly radii: Float64Array;
}

interface Held {
  /** Of each generated picture: the balls that hold it, by k. */
  readonly densities: Float64Array;
  readonly covered: Reached;
}

async function held(
  set: FeatureSet,
  { set: real, offset, radii }: Balls,
  drawn: Uint32Array,
  work: Work,
): Promise<Held> {
  const densities = new Float64Array(set.rows);
  const covered = new Reached(real.rows, drawn);
  const pairs = squaredDistances(allRows(set), allRows(real), work, { offset, upperHalf: false });
  for await (const { tile, row, column, width } of pairs) {
    for (let i = 0; i < tile.length / width; i++) {
      for (let j = 0; j < width; j++) {
        if (tile[i * width + j]! >= radii[column + j]!) continue;
        densities[row + i]! += 1 / K;
        covered.add(row + i, column + j);
      }
    }
  }
  return { densities, covered };
}

function densityOf(densities: Float64Array, n: Counts): Measured {
  const value = densities.reduce((sum, density) => sum + density, 0) / densities.length;
  const half = (NORMAL_975 * deviationOf(densities)) / Math.sqrt(densities.length);
  const interval = 'over generated pictures, radii fixed';
  const [low, high] = [Math.max(0, value - half), value + half];
  return { value, reason: null, low, high, interval, n, bias: null, details: {} };
}
