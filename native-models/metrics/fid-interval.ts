/**
 * How sure a Frechet distance is, from subsamples of both sets without replacement.
 *
 * A percentile bootstrap is wrong here: drawing anew adds the bias of small samples a second time. Subsamples of m of N
 * pictures tell both things apart (`subsamples.ts`): their mean is too high by the bias at m instead of at N, which is
 * proportional to 1/m1 + 1/m2 (`frechet-bias.ts`), and their spread is that of sets drawn anew.
 *
 * With fewer pictures than dimensions the bias grows more slowly than 1/m: what is taken off is too little then, and what is
 * left still too high. It is told without an interval, which would count chance alone.
 */
import type { FeatureSet } from './feature-set.js';
import { centred, frechetOfRows, frechetOfRowsAndMoments } from './frechet-distance.js';
import { difference, type Difference, type Sets, type Work } from './metric.js';
import { DRAWS, drawsInWords, FEWEST_TO_DRAW, sizeOfDraw, subsampled, varianceRatio } from './subsamples.js';

export interface FidInterval {
  readonly low: number;
  readonly high: number;
  /** Half the width of the interval, where it does not end at 0. */
  readonly half: number;
  readonly how: string;
  /** The value with its bias taken off. */
  readonly corrected: number;
  /** Half the width of the interval around it; null where the correction itself is what is unsure. */
  readonly correctedHalf: number | null;
  readonly difference: Difference | null;
}

/**
 * @param value the distance of the whole sets
 * @param against the other run's set and its distance, of as many pictures
 */
export async function fidInterval(
  sets: Sets,
  value: number,
  against: { readonly set: FeatureSet; readonly value: number } | null,
  work: Work,
): Promise<FidInterval | null> {
  const { generated, reference } = sets;
  const counts = [generated.rows, ...(reference.kind === 'features' ? [reference.set.rows] : [])];
  if (Math.min(...counts) < FEWEST_TO_DRAW) return null;
  const drawn = counts.map(sizeOfDraw);
  const ratio = varianceRatio(counts);

  const random = work.random();
  const own: number[] = [];
  const gaps: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const rows = random.choice(generated.rows, drawn[0]!);
    const other =
      reference.kind === 'features' ? await pickedRows(reference.set, random.choice(counts[1]!, drawn[1]!)) : null;
    const distance = async (set: FeatureSet): Promise<number> => {
      const some = await pickedRows(set, rows);
      return other === null
        ? frechetOfRowsAndMoments(some, momentsOfReference(sets), work.products, work.pace)
        : frechetOfRows(some, other, work.products, work.pace);
    };
    const mine = await distance(generated);
    own.push(mine);
    if (against !== null) gaps.push(mine - (await distance(against.set)));
    work.progress((draw + 1) / DRAWS, 'Intervals of FID');
  }

  const alone = subsampled(value, own, ratio);
  return {
    // A distance is never below 0; the value itself may be, by rounding.
    low: Math.max(value - alone.half, Math.min(value, 0)),
    high: value + alone.half,
    half: alone.half,
    how: drawsInWords(generated.rows),
    corrected: alone.corrected,
    correctedHalf: Math.min(...drawn) < generated.columns ? null : alone.half,
    difference: against === null ? null : gapBetween(value - against.value, gaps, ratio),
  };
}

const pickedRows = async (set: FeatureSet, indices: Uint32Array) => centred(await set.pick(indices), set.columns);

function momentsOfReference({ reference }: Sets) {
  if (reference.kind === 'features') throw new TypeError('this reference has pictures');
  return reference.moments;
}

/** The bias cancels to first order where both spread alike; what is left of it is taken off the interval. */
function gapBetween(value: number, gaps: readonly number[], ratio: number): Difference {
  const { corrected, half } = subsampled(value, gaps, ratio);
  return difference(value, corrected - half, corrected + half);
}
