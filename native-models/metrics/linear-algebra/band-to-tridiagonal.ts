/**
 * From a symmetric band matrix to a tridiagonal one with the same eigenvalues, by Householder reflections that chase the
 * bulge down the band: Murata and Horikoshi 1975; Lang 1993, "A parallel algorithm for reducing symmetric banded
 * matrices to tridiagonal form". About 6 n^2 b operations, all of them inside a few rows that stay in the cache.
 */
import type { Pace } from '../pace.js';
import { reflect } from './householder.js';

/** The lower half of a symmetric band matrix. */
export class Band {
  readonly size: number;
  /** Diagonals below the main one. */
  readonly width: number;
  /** Room of a column: the bulge reaches that far below the diagonal. */
  readonly stride: number;
  /** Column after column, each from its diagonal down. */
  readonly data: Float64Array;

  constructor(size: number, width: number) {
    this.size = size;
    this.width = width;
    this.stride = 2 * width + 1;
    this.data = new Float64Array(size * this.stride);
  }

  set(row: number, column: number, value: number): void {
    this.data[column * this.stride + row - column] = value;
  }
}

export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** The last of its n numbers means nothing. */
  readonly beside: Float64Array;
}

/** `band` is used up. */
export async function bandToTridiagonal(band: Band, pace: Pace): Promise<Tridiagonal> {
  const { size, stride, data } = band;
  for (let column = 0; column < size - 2; column++) {
    chase(band, column);
    await pace.rest();
  }
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => data[i * stride]!),
    beside: Float64Array.from({ length: size }, (_, i) => (i < size - 1 ? data[i * stride + 1]! : 0)),
  };
}

/** Empties one column below its first sub-diagonal, and pushes what that spills over out at the end. */
function chase({ size, width, stride, data }: Band, column: number): void {
  const v = new Float64Array(width);
  const w = new Float64Array(width);
  let from = column; // the column that is being emptied
  let first = column + 1; // the rows that the reflection mixes
  let count = Math.min(width, size - first);
  while (count > 1) {
    const start = from * stride + first - from;
    const tau = reflect(data, start, count);
    v[0] = 1;
    for (let i = 1; i < count; i++) {
      v[i] = data[start + i]!;
      data[start + i] = 0;
    }
    const below = Math.min(width, size - first - count);
    if (tau !== 0) {
      if (from !== column) reflectRows(data, stride, from + 1, first, count, v, tau);
      reflectBothSides(data, stride, first, count, v, w, tau);
      if (below > 0) reflectColumns(data, stride, first, count, below, v, tau);
    }
    from = first;
    first += count;
    count = below;
  }
}

/** H B for the block of rows first.. of the columns from.. that are not yet emptied. */
function reflectRows(
  data: Float64Array,
  stride: number,
  from: number,
  first: number,
  count: number,
  v: Float64Array,
  tau: number,
): void {
  for (let column = from; column < first; column++) {
    const start = column * stride + first - column;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += v[i]! * data[start + i]!;
    sum *= tau;
    for (let i = 0; i < count; i++) data[start + i]! -= sum * v[i]!;
  }
}

/** H A H for the block on the diagonal, of which the lower half is kept. */
function reflectBothSides(
  data: Float64Array,
  stride: number,
  first: number,
  count: number,
  v: Float64Array,
  w: Float64Array,
  tau: number,
): void {
  // w = tau A v, each element of the lower half read once
  w.fill(0, 0, count);
  for (let column = 0; column < count; column++) {
    const start = (first + column) * stride - column;
    const weight = v[column]!;
    let sum = data[start + column]! * weight;
    for (let row = column + 1; row < count; row++) {
      const value = data[start + row]!;
      w[row]! += value * weight;
      sum += value * v[row]!;
    }
    w[column]! += sum;
  }
  let along = 0;
  for (let i = 0; i < count; i++) along += w[i]! * v[i]!;
  // w = tau A v - (tau^2 / 2) (v^T A v) v, then A - v w^T - w v^T
  const half = (tau * tau * along) / 2;
  for (let i = 0; i < count; i++) w[i] = tau * w[i]! - half * v[i]!;
  for (let column = 0; column < count; column++) {
    const start = (first + column) * stride - column;
    const [vc, wc] = [v[column]!, w[column]!];
    for (let row = column; row < count; row++) data[start + row]! -= v[row]! * wc + w[row]! * vc;
  }
}

/** B H for the block below the one on the diagonal: here the bulge comes from. */
function reflectColumns(
  data: Float64Array,
  stride: number,
  first: number,
  count: number,
  below: number,
  v: Float64Array,
  tau: number,
): void {
  const sums = new Float64Array(below);
  for (let column = 0; column < count; column++) {
    const start = (first + column) * stride + count - column;
    const weight = v[column]!;
    for (let row = 0; row < below; row++) sums[row]! += data[start + row]! * weight;
  }
  for (let column = 0; column < count; column++) {
    const start = (first + column) * stride + count - column;
    const weight = tau * v[column]!;
    for (let row = 0; row < below; row++) data[start + row]! -= sums[row]! * weight;
  }
}
