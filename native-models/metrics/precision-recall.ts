/**
 * Precision and recall: Kynkaanniemi, Karras, Laine, Lehtinen and Aila 2019, "Improved precision and recall metric for
 * assessing generative models", section 2. A ball around every picture reaches to its third nearest neighbour in its own
 * set. Precision is the share of generated pictures inside some reference picture's ball; recall the share of reference
 * pictures inside some generated picture's ball; touching counts (<=). Agrees with torch-fidelity 0.4 (`prc`).
 *
 * Intervals: radii and reference stay, the generated pictures are what chance drew. For precision that is a share of
 * independent pictures (Wilson); for recall they are drawn anew 192 times with replacement, and the deviation counts.
 * Draws with replacement hold fewer different pictures, so their own mean is too low: it is not used.
 */
import { squaredDistances } from './distances.js';
import { drawGenerated, Reached } from './fake-draws.js';
import type { FeatureSet } from './feature-set.js';
import {
  countsOf,
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
import { meanDifference, reachedDifference, reachedShare } from './share-intervals.js';
import { wilsonInterval } from './wilson.js';

const K = 3;
const facts: Omit<MetricFacts, 'id' | 'label' | 'hint'> = {
  better: 'higher',
  needs: 'sets',
  shownTimes: 1,
  floor: 1000,
  captionPrefix: '',
  byDefault: true,
  paper: 'Kynkäänniemi and others 2019',
};

export const precisionRecall: SetsMetric = {
  needs: 'sets',
  gives: [
    { ...facts, id: 'precision', label: 'Precision', hint: '' },
    { ...facts, id: 'recall', label: 'Recall', hint: '' },
  ],
  async measure(sets, work) {
    const n = countsOf(sets);
    const { generated, reference, against } = sets;
    const nothing = (reason: string) => {
      const none = unmeasured(n, reason);
      return { measured: { precision: none, recall: none }, differences: {} };
    };
    if (reference.kind === 'statistics') {
      return nothing('Precision and recall need the reference pictures; statistics are for FID alone.');
    }
    const fewest = Math.min(generated.rows, reference.set.rows);
    if (fewest <= K) return nothing(`Precision and recall need ${K + 1} pictures a side, one has ${fewest}.`);

    const compared = against !== null && against.rows === generated.rows ? against : null;
    const parts = compared === null ? 2 : 3;
    const ball = await ballsOf(reference.set, work);
    work.progress(1 / parts);
    const drawn = drawGenerated(generated.rows, work.random());
    const own = await membership(generated, ball, drawn, work);
    work.progress(2 / parts);
    const measured = { precision: precisionOf(own, n), recall: reachedShare(own.recalled, n) };
    if (compared === null) return { measured, differences: {} };
    const other = await membership(compared, ball, drawn, work);
    return {
      measured,
      differences: {
        precision: meanDifference(own.precise, other.precise),
        recall: reachedDifference(own.recalled, other.recalled),
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

async function ballsOf(set: FeatureSet, work: Work): Promise<Balls> {
  const offset = await meanOf(set, work.pace);
  return { set, offset, radii: await neighbourRadii(set, K, offset, work) };
}

interface Membership {
  /** 1 where a generated picture lies in a reference picture's ball. */
  readonly precise: Uint8Array;
  /** Reference pictures in a generated picture's ball. */
  readonly recalled: Reached;
}

async function membership(set: FeatureSet, real: Balls, drawn: Uint32Array, work: Work): Promise<Membership> {
  const radii = await neighbourRadii(set, K, real.offset, work);
  const precise = new Uint8Array(set.rows);
  const recalled = new Reached(real.set.rows, drawn);
  const options = { offset: real.offset, upperHalf: false };
  for await (const { tile, row, column, width } of squaredDistances(allRows(set), allRows(real.set), work, options)) {
    for (let i = 0; i < tile.length / width; i++) {
      for (let j = 0; j < width; j++) {
        const distance = tile[i * width + j]!;
        if (distance <= real.radii[column + j]!) precise[row + i] = 1;
        if (distance <= radii[row + i]!) recalled.add(row + i, column + j);
      }
    }
  }
  return { precise, recalled };
}

function precisionOf({ precise }: Membership, n: Counts): Measured {
  const value = precise.reduce((sum, hit) => sum + hit, 0) / precise.length;
  const interval = wilsonInterval(value, precise.length);
  return { value, reason: null, ...interval, interval: 'Wilson, radii fixed', n, bias: null, details: {} };
}
