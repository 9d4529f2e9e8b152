/** Who is nearest to whom, by Euclidean distance between features. */
import { squaredDistances } from './distances.js';
import type { FeatureSet } from './feature-set.js';
import { meanOf } from './moments.js';
import { allRows, type Tools } from './pair-tiles.js';

/** Squared distance of each row to its k-th nearest other row of the same set. */
export async function neighbourRadii(
  set: FeatureSet,
  k: number,
  offset: Float64Array,
  tools: Tools,
): Promise<Float64Array> {
  const nearest = new Float64Array(set.rows * k).fill(Infinity); // k ascending a row
  const rows = allRows(set);
  for await (const { tile, row, column, width } of squaredDistances(rows, rows, tools, { offset, upperHalf: true })) {
    for (let i = 0; i < tile.length / width; i++) {
      for (let j = 0; j < width; j++) {
        if (row + i === column + j) continue;
        const distance = tile[i * width + j]!;
        insert(nearest, (row + i) * k, k, distance);
        if (row !== column) insert(nearest, (column + j) * k, k, distance);
      }
    }
  }
  return Float64Array.from({ length: set.rows }, (_, row) => nearest[row * k + k - 1]!);
}

function insert(nearest: Float64Array, start: number, k: number, distance: number): void {
  let place = start + k - 1;
  if (distance >= nearest[place]!) return;
  for (; place > start && nearest[place - 1]! > distance; place--) nearest[place] = nearest[place - 1]!;
  nearest[place] = distance;
}

export interface Neighbour {
  readonly index: number;
  readonly reference: number;
  readonly distance: number;
}

/** Of each generated row the nearest reference row; those that lie nearest first. */
export async function nearestReferences(
  generated: FeatureSet,
  reference: FeatureSet,
  tools: Tools,
  onProgress: (part: number) => void,
): Promise<Neighbour[]> {
  const best = new Float64Array(generated.rows).fill(Infinity);
  const places = new Uint32Array(generated.rows);
  const offset = await meanOf(reference, tools.pace);
  const pairs = squaredDistances(allRows(generated), allRows(reference), tools, { offset, upperHalf: false });
  for await (const { tile, row, column, width } of pairs) {
    for (let i = 0; i < tile.length / width; i++) {
      for (let j = 0; j < width; j++) {
        const distance = tile[i * width + j]!;
        if (distance >= best[row + i]!) continue;
        best[row + i] = distance;
        places[row + i] = column + j;
      }
    }
    onProgress(Math.min(1, (row + tile.length / width) / generated.rows));
  }
  return Array.from(best, (squared, index) => ({
    index,
    reference: places[index]!,
    distance: Math.sqrt(squared),
  })).toSorted((a, b) => a.distance - b.distance || a.index - b.index);
}
