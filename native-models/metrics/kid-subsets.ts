/**
 * KID as torch-fidelity 0.4 gives it: mean and standard deviation over 100 subsets of 1000 pictures a side, drawn by
 * numpy's RandomState(2020) without replacement, generated and reference set in turn. The deviation tells how subsets
 * differ, not how sure the mean is: subsets overlap.
 *
 * The sum of a kernel over a subset is z^T K z, z being 1 for the pictures in it. So all subsets are read off the same
 * tiles of K, by one product with 100 columns, where each subset by itself would need products of 1000 x 1000.
 */
import type { MatrixProducts } from '../runtime/matrix-products.js';
import type { Visit } from './polynomial-kernel.js';
import { RandomState } from './random-state.js';

const SUBSETS = 100;
export const SUBSET_SIZE = 1000;
const SEED = 2020;

/** Which pictures each subset has, as torch-fidelity draws them. */
interface Memberships {
  /** [N, 100], 0 or 1 */
  readonly generated: Float64Array;
  readonly reference: Float64Array;
}

export interface Subsets {
  readonly withinGenerated: Visit;
  readonly withinReference: Visit;
  readonly between: Visit;
  result(): { subsetsMean: number; subsetsDeviation: number };
}

/** To be shown every tile of the three kernels of both whole sets. */
export function kidSubsets(generated: number, reference: number, products: MatrixProducts): Subsets {
  const members = draw(generated, reference);
  const sums = { xx: new Float64Array(SUBSETS), yy: new Float64Array(SUBSETS), xy: new Float64Array(SUBSETS) };
  const within =
    (z: Float64Array, into: Float64Array): Visit =>
    (tile, row, column, width) =>
      add(into, products, z, z, { tile, row, column, width, times: row === column ? 1 : 2, diagonal: false });
  return {
    withinGenerated: within(members.generated, sums.xx),
    withinReference: within(members.reference, sums.yy),
    between: (tile, row, column, width) =>
      add(sums.xy, products, members.generated, members.reference, {
        tile,
        row,
        column,
        width,
        times: 1,
        diagonal: true,
      }),
    result() {
      const m = SUBSET_SIZE;
      const values = Array.from(sums.xx, (xx, s) => (xx + sums.yy[s]!) / (m * (m - 1)) - (2 * sums.xy[s]!) / (m * m));
      const mean = values.reduce((sum, value) => sum + value, 0) / SUBSETS;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return { subsetsMean: mean, subsetsDeviation: Math.sqrt(squares / SUBSETS) };
    },
  };
}

function draw(generated: number, reference: number): Memberships {
  const random = new RandomState(SEED);
  const members = {
    generated: new Float64Array(generated * SUBSETS),
    reference: new Float64Array(reference * SUBSETS),
  };
  for (let subset = 0; subset < SUBSETS; subset++) {
    for (const [z, count] of [
      [members.generated, generated],
      [members.reference, reference],
    ] as const) {
      for (const picture of random.choice(count, SUBSET_SIZE)) z[picture * SUBSETS + subset] = 1;
    }
  }
  return members;
}

interface Part {
  readonly tile: Float64Array;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  /** 2 for a tile that stands for its mirror image too. */
  readonly times: number;
  /** Whether a picture makes a pair with the one of its own number. */
  readonly diagonal: boolean;
}

async function add(
  into: Float64Array,
  products: MatrixProducts,
  left: Float64Array,
  right: Float64Array,
  { tile, row, column, width, times, diagonal }: Part,
): Promise<void> {
  const height = tile.length / width;
  if (!diagonal && row === column) for (let i = 0; i < height; i++) tile[i * width + i] = 0;
  const columns = right.subarray(column * SUBSETS, (column + width) * SUBSETS);
  const summed = await products.times(tile, columns, width); // [height, 100]
  for (let i = 0; i < height; i++) {
    const start = (row + i) * SUBSETS;
    for (let s = 0; s < SUBSETS; s++) into[s]! += times * left[start + s]! * summed[i * SUBSETS + s]!;
  }
}
