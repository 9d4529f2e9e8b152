/**
 * Vendi score: Friedman and Dieng 2023, "The Vendi score: a diversity evaluation metric for machine learning", definition 2:
 *
 *   exp(-sum_i l_i ln l_i),  l the eigenvalues of K / N,  K the cosines of all pairs of pictures
 *
 * The effective number of different pictures: N where all are at right angles, 1 where all are alike. No reference is
 * needed. Where there are fewer dimensions than pictures, the same eigenvalues come from D x D. It grows with N, so sets of
 * different sizes cannot be compared. Agrees with the authors' vendi_score on their example (2.1573).
 *
 * Interval: half samples (`subsamples.ts`), around the value at this N.
 */
import type { FeatureSet } from './feature-set.js';
import { symmetricEigenvalues } from './linear-algebra/symmetric-eigenvalues.js';
import {
  difference,
  unmeasured,
  type Counts,
  type Difference,
  type Measured,
  type SetsMetric,
  type Work,
} from './metric.js';
import { DRAWS, drawsInWords, FEWEST_TO_DRAW, sizeOfDraw, subsampled, varianceRatio } from './subsamples.js';

/** Rows that are multiplied at once. */
const BLOCK = 512;

export const vendi: SetsMetric = {
  needs: 'sets',
  gives: [
    {
      id: 'vendi',
      label: 'Vendi',
      hint: 'variety',
      better: 'higher',
      needs: 'sets',
      shownTimes: 1,
      floor: 200,
      captionPrefix: '',
      byDefault: false,
      paper: 'Friedman and Dieng 2023',
    },
  ],
  async measure({ generated, against }, work) {
    const n: Counts = [generated.rows, null];
    const compared = against !== null && against.rows === generated.rows ? against : null;
    const value = await vendiOf(generated, null, work);
    if (value === null) {
      const reason =
        generated.rows === 0 ? 'There are no pictures.' : 'A picture’s features are all 0: they point nowhere.';
      return { measured: { vendi: unmeasured(n, reason) }, differences: {} };
    }
    const other = compared && (await vendiOf(compared, null, work));
    work.progress(0.2);
    const drawn = work.intervals ? await drawnValues(generated, other === null ? null : compared, work) : null;
    const apart = drawn && other !== null ? differenceOf(value - other, drawn) : null;
    return { measured: { vendi: measuredOf(value, drawn, n) }, differences: apart === null ? {} : { vendi: apart } };
  },
};

/** Of these rows, or of all; null where one has no length or there are none. */
async function vendiOf(set: FeatureSet, indices: Uint32Array | null, { products, pace }: Work): Promise<number | null> {
  const { columns } = set;
  const count = indices?.length ?? set.rows;
  const rows = async (from: number, to: number): Promise<Float64Array | null> =>
    unitRows(indices === null ? await set.block(from, to) : await set.pick(indices.subarray(from, to)), columns);
  if (count === 0) return null;
  let gram: Float64Array;
  if (count <= columns) {
    const all = await rows(0, count);
    if (all === null) return null;
    gram = await products.timesTransposed(all, all, columns);
  } else {
    gram = new Float64Array(columns * columns);
    for (let from = 0; from < count; from += BLOCK) {
      const to = Math.min(count, from + BLOCK);
      const block = await rows(from, to);
      if (block === null) return null;
      const part = await products.transposedTimes(block, block, to - from);
      for (let i = 0; i < gram.length; i++) gram[i]! += part[i]!;
      await pace.rest();
    }
  }
  const eigenvalues = await symmetricEigenvalues(gram, products, pace);
  let entropy = 0;
  for (const eigenvalue of eigenvalues) {
    const share = eigenvalue / count;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/** Each row by its length; null where one has none. */
function unitRows(rows: Float64Array, columns: number): Float64Array | null {
  for (let start = 0; start < rows.length; start += columns) {
    const row = rows.subarray(start, start + columns);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) return null;
    for (let j = 0; j < columns; j++) row[j]! /= length;
  }
  return rows;
}

interface Drawn {
  readonly own: readonly number[];
  /** This run's less the other's, on the pictures of the same numbers. */
  readonly gaps: readonly number[];
  readonly ratio: number;
}

async function drawnValues(set: FeatureSet, other: FeatureSet | null, work: Work): Promise<Drawn | null> {
  if (set.rows < FEWEST_TO_DRAW) return null;
  const random = work.random();
  const own: number[] = [];
  const gaps: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const indices = random.choice(set.rows, sizeOfDraw(set.rows));
    // Every row has a length, as the whole sets have shown.
    const mine = (await vendiOf(set, indices, work)) ?? 0;
    own.push(mine);
    if (other !== null) gaps.push(mine - ((await vendiOf(other, indices, work)) ?? 0));
    work.progress(0.2 + (0.8 * (draw + 1)) / DRAWS);
  }
  return { own, gaps, ratio: varianceRatio([set.rows]) };
}

function measuredOf(value: number, drawn: Drawn | null, n: Counts): Measured {
  const none = { value, reason: null, low: null, high: null, interval: null, n, bias: null, details: {} };
  if (drawn === null) return none;
  const { half } = subsampled(value, drawn.own, drawn.ratio);
  return { ...none, low: Math.max(1, value - half), high: value + half, interval: drawsInWords(n[0]) };
}

function differenceOf(value: number, { gaps, ratio }: Drawn): Difference {
  const { half } = subsampled(value, gaps, ratio);
  return difference(value, value - half, value + half);
}
