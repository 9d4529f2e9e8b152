/** Squared Euclidean distances of all pairs of rows of two sets, tile by tile. */
import { pairTiles, type PairTile, type Rows, type Tools } from './pair-tiles.js';

/**
 * |x|^2 + |y|^2 - 2 x . y leaves a rest of rounding between rows that are equal; a difference in the last bit of one
 * float32 feature is no larger than that either. Both count as no distance.
 */
const ROUNDING = 1e-12;

/**
 * @param offset the mean of one of the sets: without it, distances between far away neighbours lose digits
 * @param upperHalf x and y are the same, and tiles below the diagonal are left out
 */
export async function* squaredDistances(
  x: Rows,
  y: Rows,
  tools: Tools,
  { offset, upperHalf }: { readonly offset: Float64Array; readonly upperHalf: boolean },
): AsyncGenerator<PairTile> {
  const squaresOfX = await squaredLengths(x, offset);
  const squaresOfY = upperHalf ? squaresOfX : await squaredLengths(y, offset);
  for await (const pairs of pairTiles(x, y, tools, { upperHalf, offset })) {
    const { tile, row, column, width } = pairs;
    for (let i = 0; i < tile.length / width; i++) {
      const square = squaresOfX[row + i]!;
      for (let j = 0; j < width; j++) {
        const both = square + squaresOfY[column + j]!;
        const distance = both - 2 * tile[i * width + j]!;
        tile[i * width + j] = distance > ROUNDING * both ? distance : 0;
      }
    }
    yield pairs;
  }
}

async function squaredLengths({ set, indices }: Rows, offset: Float64Array): Promise<Float64Array> {
  const squares = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const row = await set.block(indices[i]!, indices[i]! + 1, offset);
    squares[i] = row.reduce((sum, value) => sum + value * value, 0);
  }
  return squares;
}
