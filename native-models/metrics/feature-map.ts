/**
 * Both sets in one plane: the first two principal components of all features together (Pearson 1901; Hotelling 1933), found
 * by subspace iteration with a Rayleigh-Ritz step (Halko, Martinsson and Tropp 2011, section 4.5): a few products instead
 * of all eigenvectors of a covariance.
 */
import type { MatrixProducts } from '../runtime/matrix-products.js';
import type { FeatureSet } from './feature-set.js';
import { centred } from './frechet-distance.js';
import { jacobiEigenpairs } from './linear-algebra/jacobi.js';
import type { Pace } from './pace.js';
import type { RandomState } from './random-state.js';

/** More points are a blot. */
const MOST_POINTS = 2000;
/** More directions than the two wanted let these settle sooner. */
const DIRECTIONS = 8;
const MOST_ROUNDS = 40;
/** Of the variance in the plane, from one round to the next: far less than one sees. */
const SETTLED = 1e-7;

export interface Point {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

export interface FeaturePlane {
  readonly generated: Point[];
  readonly reference: Point[];
  /** Share of the variance along each axis. */
  readonly shares: [number, number];
}

/** Coordinates are in units of the first axis's deviation, so that it is 1. */
export async function featurePlane(
  generated: FeatureSet,
  reference: FeatureSet,
  { products, pace, random }: { products: MatrixProducts; pace: Pace; random: RandomState },
): Promise<FeaturePlane> {
  const columns = generated.columns;
  const [some, others] = [drawn(generated.rows, random), drawn(reference.rows, random)];
  const [first, second] = [await generated.pick(some), await reference.pick(others)];
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  const { rows, count } = centred(both, columns);
  const variance = rows.reduce((sum, value) => sum + value * value, 0);
  const { along, squares } = await principalCoordinates(rows, columns, random, products, pace);
  const unit = Math.sqrt(squares[0] / count) || 1;
  const point = (row: number, index: number): Point => ({
    index,
    x: along[2 * row]! / unit,
    y: along[2 * row + 1]! / unit,
  });
  return {
    generated: Array.from(some, (index, row) => point(row, index)),
    reference: Array.from(others, (index, row) => point(some.length + row, index)),
    shares: variance === 0 ? [0, 0] : [Math.min(1, squares[0] / variance), Math.min(1, squares[1] / variance)],
  };
}

function drawn(rows: number, random: RandomState): Uint32Array {
  if (rows > MOST_POINTS) return random.choice(rows, MOST_POINTS).sort();
  return Uint32Array.from({ length: rows }, (_, i) => i);
}

interface Coordinates {
  /** [N, 2] */
  readonly along: Float64Array;
  /** Sums of squares along both axes. */
  readonly squares: [number, number];
}

async function principalCoordinates(
  rows: Float64Array,
  columns: number,
  random: RandomState,
  products: MatrixProducts,
  pace: Pace,
): Promise<Coordinates> {
  const count = rows.length / columns;
  const width = Math.max(2, Math.min(DIRECTIONS, columns));
  let basis = Float64Array.from({ length: columns * width }, () => random.interval(0xffff) / 0x8000 - 1);
  let before = 0;
  for (let round = 0; ; round++) {
    orthonormalize(basis, columns, width);
    const projected = await products.times(rows, basis, columns); // [N, width]
    const { values, vectors } = jacobiEigenpairs(await products.transposedTimes(projected, projected, count), width);
    const squares: [number, number] = [Math.max(0, values[0]!), Math.max(0, values[1]!)];
    const now = squares[0] + squares[1];
    if (round === MOST_ROUNDS || now - before <= SETTLED * now) {
      const axes = pointed(vectors, basis, columns, width);
      return { along: alongAxes(projected, axes, count, width), squares };
    }
    before = now;
    basis = Float64Array.from(await products.transposedTimes(rows, projected, count)); // [D, width]
    await pace.rest();
  }
}

/** Gram and Schmidt, twice, for the digits that the first time loses; columns that depend on others become 0. */
function orthonormalize(basis: Float64Array, rows: number, width: number): void {
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += basis[i * width + a]! * basis[i * width + b]!;
    return sum;
  };
  for (let column = 0; column < width; column++) {
    const length = Math.sqrt(dot(column, column));
    for (let time = 0; time < 2; time++) {
      for (let other = 0; other < column; other++) {
        const weight = dot(column, other);
        for (let i = 0; i < rows; i++) basis[i * width + column]! -= weight * basis[i * width + other]!;
      }
    }
    const left = Math.sqrt(dot(column, column));
    const scale = left > 1e-12 * length ? 1 / left : 0;
    for (let i = 0; i < rows; i++) basis[i * width + column]! *= scale;
  }
}

/** The first two axes, turned so that the largest feature of each is positive: the same sets, the same picture. */
function pointed(vectors: Float64Array, basis: Float64Array, columns: number, width: number): Float64Array {
  const axes = vectors.slice(0, 2 * width);
  for (const axis of [0, 1]) {
    let largest = 0;
    for (let feature = 0; feature < columns; feature++) {
      let value = 0;
      for (let k = 0; k < width; k++) value += basis[feature * width + k]! * axes[axis * width + k]!;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    if (largest < 0) for (let k = 0; k < width; k++) axes[axis * width + k]! *= -1;
  }
  return axes;
}

function alongAxes(projected: Float64Array, axes: Float64Array, count: number, width: number): Float64Array {
  const along = new Float64Array(2 * count);
  for (let row = 0; row < count; row++) {
    for (const axis of [0, 1]) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += projected[row * width + k]! * axes[axis * width + k]!;
      along[2 * row + axis] = sum;
    }
  }
  return along;
}
