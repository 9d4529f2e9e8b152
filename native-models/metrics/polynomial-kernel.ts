/** Sums of KID's kernel k(x, y) = (x . y / D + 1)^3 over all pairs, tile by tile: memory does not grow with the sets. */
import { pairTiles, type PairTile, type Rows, type Tools } from './pair-tiles.js';

/** Pairs of different rows of one set. */
export interface SumsWithin {
  readonly total: number;
  /** Of each row, over the others. */
  readonly rows: Float64Array;
}

/** Pairs of a row of one set and a row of the other. */
export interface SumsBetween {
  readonly total: number;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Sees every tile once; `row` and `column` are its first places. Within one set those above the diagonal are seen. */
export type Visit = (tile: Float64Array, row: number, column: number, width: number) => Promise<void>;

export async function sumsWithin(x: Rows, tools: Tools, visit?: Visit): Promise<SumsWithin> {
  const rows = new Float64Array(x.indices.length);
  for await (const { tile, row, column, width } of tiles(x, x, tools, true)) {
    const height = tile.length / width;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        if (row + i === column + j) continue;
        const value = tile[i * width + j]!;
        rows[row + i]! += value;
        if (row !== column) rows[column + j]! += value;
      }
    }
    await visit?.(tile, row, column, width);
  }
  return { total: sumOf(rows), rows };
}

export async function sumsBetween(x: Rows, y: Rows, tools: Tools, visit?: Visit): Promise<SumsBetween> {
  const rows = new Float64Array(x.indices.length);
  const columns = new Float64Array(y.indices.length);
  for await (const { tile, row, column, width } of tiles(x, y, tools, false)) {
    const height = tile.length / width;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const value = tile[i * width + j]!;
        rows[row + i]! += value;
        columns[column + j]! += value;
      }
    }
    await visit?.(tile, row, column, width);
  }
  return { total: sumOf(rows), rows, columns };
}

async function* tiles(x: Rows, y: Rows, tools: Tools, upperHalf: boolean): AsyncGenerator<PairTile> {
  const dimensions = x.set.columns;
  for await (const pairs of pairTiles(x, y, tools, { upperHalf })) {
    const { tile } = pairs;
    for (let i = 0; i < tile.length; i++) {
      const value = tile[i]! / dimensions + 1;
      tile[i] = value * value * value;
    }
    yield pairs;
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
