/**
 * Precision and recall: Kynkaanniemi, Karras, Laine, Lehtinen and Aila 2019, "Improved precision and recall metric for
 * assessing generative models", section 2. A ball around every picture reaches to its third nearest neighbour in its own
 * set. Precision is the share of generated pictures inside some reference picture's ball; recall the share of reference
 * pictures inside some generated picture's ball; touching counts (<=). Agrees with torch-fidelity 0.4 (`prc`).
 *
 * Intervals: radii and reference stay, the generated pictures are what chance drew. For precision that is a share of
 * independent pictures (Wilson); for recall they are drawn anew 200 times with replacement, and the deviation counts.
 * Draws with replacement hold fewer different pictures, so their own mean is too low: it is not used.
 */
import { squaredDistances } from './distances.js';
import type { FeatureSet } from './feature-set.js';
import {
  countsOf,
  difference,
  NORMAL_975,
  unmeasured,
  type Difference,
  type Measured,
  type MetricFacts,
  type SetsMetric,
  type Work,
} from './metric.js';
import { meanOf } from './moments.js';
import { neighbourRadii } from './nearest-neighbours.js';
import { allRows } from './pair-tiles.js';
import type { RandomState } from './random-state.js';
import { wilsonInterval } from './wilson.js';

const K = 3;
/** A multiple of 32: each draw is a bit. */
const DRAWS = 192;
const WORDS = DRAWS / 32;

const facts: Omit<MetricFacts, 'id' | 'label' | 'hint'> = {
  better: 'higher',
  needs: 'sets',
  shownTimes: 1,
  floor: 1000,
  captionPrefix: '',
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
    const drawn = drawsOf(generated.rows, work.random());
    const own = await membership(generated, ball, drawn, work);
    work.progress(2 / parts);
    const measured = { precision: precisionOf(own, n), recall: recallOf(own, n) };
    if (compared === null) return { measured, differences: {} };
    const other = await membership(compared, ball, drawn, work);
    return {
      measured,
      differences: { precision: precisionDifference(own, other), recall: recallDifference(own, other) },
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

/** Bit b of a picture's words: it is in the b-th draw with replacement. [N, WORDS] */
function drawsOf(n: number, random: RandomState): Uint32Array {
  const bits = new Uint32Array(n * WORDS);
  for (let draw = 0; draw < DRAWS; draw++) {
    for (let i = 0; i < n; i++) bits[random.interval(n - 1) * WORDS + (draw >> 5)]! |= 1 << (draw & 31);
  }
  return bits;
}

interface Membership {
  /** 1 where a generated picture lies in a reference picture's ball. */
  readonly precise: Uint8Array;
  /** 1 where a reference picture lies in a generated picture's ball. */
  readonly recalled: Uint8Array;
  /** Recall of each draw. */
  readonly recalls: Float64Array;
}

async function membership(set: FeatureSet, real: Balls, drawn: Uint32Array, work: Work): Promise<Membership> {
  const radii = await neighbourRadii(set, K, real.offset, work);
  const precise = new Uint8Array(set.rows);
  const recalled = new Uint8Array(real.set.rows);
  // Bit b of a reference picture's words: some generated picture of the b-th draw has it in its ball.
  const reached = new Uint32Array(real.set.rows * WORDS);
  const options = { offset: real.offset, upperHalf: false };
  for await (const { tile, row, column, width } of squaredDistances(allRows(set), allRows(real.set), work, options)) {
    for (let i = 0; i < tile.length / width; i++) {
      for (let j = 0; j < width; j++) {
        const distance = tile[i * width + j]!;
        if (distance <= real.radii[column + j]!) precise[row + i] = 1;
        if (distance > radii[row + i]!) continue;
        recalled[column + j] = 1;
        for (let word = 0; word < WORDS; word++) {
          reached[(column + j) * WORDS + word]! |= drawn[(row + i) * WORDS + word]!;
        }
      }
    }
  }
  return { precise, recalled, recalls: sharesOfDraws(reached) };
}

function sharesOfDraws(reached: Uint32Array): Float64Array {
  const counts = new Float64Array(DRAWS);
  for (let start = 0; start < reached.length; start += WORDS) {
    for (let draw = 0; draw < DRAWS; draw++) counts[draw]! += (reached[start + (draw >> 5)]! >>> (draw & 31)) & 1;
  }
  return counts.map((count) => (count * WORDS) / reached.length);
}

const shareOf = (hits: Uint8Array): number => hits.reduce((sum, hit) => sum + hit, 0) / hits.length;

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function precisionOf({ precise }: Membership, n: Measured['n']): Measured {
  const value = shareOf(precise);
  const interval = wilsonInterval(value, precise.length);
  return { value, reason: null, ...interval, interval: 'Wilson, radii fixed', n, bias: null, details: {} };
}

function recallOf({ recalled, recalls }: Membership, n: Measured['n']): Measured {
  const value = shareOf(recalled);
  const half = NORMAL_975 * deviationOf(recalls);
  const [{ low, high }, interval] =
    half === 0
      ? [wilsonInterval(value, recalled.length), 'Wilson, radii fixed'] // all or none, in every draw
      : [{ low: Math.max(0, value - half), high: Math.min(1, value + half) }, `bootstrap, ${DRAWS}, radii fixed`];
  return { value, reason: null, low, high, interval, n, bias: null, details: {} };
}

/** Picture by picture: both runs' pictures of one number belong together. */
function precisionDifference(own: Membership, other: Membership): Difference {
  const gaps = Float64Array.from(own.precise, (hit, i) => hit - other.precise[i]!);
  const value = shareOf(own.precise) - shareOf(other.precise);
  const half = (NORMAL_975 * deviationOf(gaps)) / Math.sqrt(gaps.length);
  return difference(value, value - half, value + half);
}

/** Both runs were drawn by the same numbers. */
function recallDifference(own: Membership, other: Membership): Difference {
  const value = shareOf(own.recalled) - shareOf(other.recalled);
  const half = NORMAL_975 * deviationOf(own.recalls.map((recall, draw) => recall - other.recalls[draw]!));
  return difference(value, value - half, value + half);
}
