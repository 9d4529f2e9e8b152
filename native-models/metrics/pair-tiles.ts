/** Products x . y of all pairs of rows of two sets, tile by tile: memory does not grow with the sets. */
import type { FeatureSet } from './feature-set.js';
import type { Work } from './metric.js';

/** Some rows of a set, by their numbers. */
export interface Rows {
  readonly set: FeatureSet;
  readonly indices: Uint32Array;
}

export const allRows = (set: FeatureSet): Rows => ({
  set,
  indices: Uint32Array.from({ length: set.rows }, (_, i) => i),
});

export type Tools = Pick<Work, 'products' | 'pace'>;

export interface PairTile {
  /** [height, width]; whoever gets it may change it. */
  readonly tile: Float64Array;
  /** Places in `Rows` of its first row and column. */
  readonly row: number;
  readonly column: number;
  readonly width: number;
}

/** Rows and columns of a tile: 8 MB, and products of a tenth of a second at 2048 features. */
const TILE = 1024;

interface Options {
  /** x and y are the same, and tiles below the diagonal are left out. */
  readonly upperHalf: boolean;
  /** [D], taken off every row first. */
  readonly offset?: Float64Array;
}

export async function* pairTiles(
  x: Rows,
  y: Rows,
  { products, pace }: Tools,
  { upperHalf, offset }: Options,
): AsyncGenerator<PairTile> {
  const dimensions = x.set.columns;
  for (let row = 0; row < x.indices.length; row += TILE) {
    const left = await x.set.pick(x.indices.subarray(row, row + TILE), offset);
    for (let column = upperHalf ? row : 0; column < y.indices.length; column += TILE) {
      const same = upperHalf && column === row;
      const right = same ? left : await y.set.pick(y.indices.subarray(column, column + TILE), offset);
      const tile = await products.timesTransposed(left, right, dimensions);
      yield { tile, row, column, width: right.length / dimensions };
      await pace.rest();
    }
  }
}
