import type { EvaluationResult, ShownPicture } from '../contracts/evaluation.js';
import type { FeatureMap, Neighbours } from '../contracts/measures.js';
import type { HashedPicture } from './hashed-pictures.js';

/** Pictures that a result shows of a kind. */
export const mostShown = 12;

/** The pictures of a matrix's rows, by set. */
interface Rows {
  readonly generated: readonly HashedPicture[];
  readonly reference: readonly HashedPicture[];
}

export const shown = (set: ShownPicture['set'], { index, name }: HashedPicture): ShownPicture => ({ set, index, name });

/** The engine counts rows of its matrices; a result counts places in the listing, where skipped files have one too. */
export function byPlaces(map: FeatureMap, rows: Rows): FeatureMap {
  const points = (set: keyof Rows) =>
    map[set].flatMap(({ index, x, y }) => {
      const picture = rows[set][index];
      return picture === undefined ? [] : [{ index: picture.index, x, y }];
    });
  return { ...map, generated: points('generated'), reference: points('reference') };
}

type Pairs = Pick<EvaluationResult, 'nearest' | 'farthest'>;

/** Of neighbours, nearest first: both ends, at most 12 each and none in both. */
export function nearestAndFarthest(neighbours: Neighbours | null, rows: Rows): Pairs {
  const pairs = (neighbours ?? []).flatMap(({ index, reference, distance }) => {
    const [picture, nearest] = [rows.generated[index], rows.reference[reference]];
    if (picture === undefined || nearest === undefined) return [];
    return [{ picture: shown('generated', picture), reference: shown('reference', nearest), distance }];
  });
  const half = Math.min(mostShown, Math.ceil(pairs.length / 2));
  return { nearest: pairs.slice(0, half), farthest: pairs.slice(half).slice(-mostShown).reverse() };
}
