import { afterAll, describe, expect, test } from 'vitest';
import { Pace } from '../../../../../native-models/metrics/pace.js';
import { jacobiEigenpairs } from '../../../../../native-models/metrics/linear-algebra/jacobi.js';
import { pivotedCholesky } from '../../../../../native-models/metrics/linear-algebra/pivoted-cholesky.js';
import { symmetricEigenvalues } from '../../../../../native-models/metrics/linear-algebra/symmetric-eigenvalues.js';
import { TorchGenerator } from '../../../../../native-models/noise/torch-generator.js';
import { MatrixProducts } from '../../../../../native-models/runtime/matrix-products.js';

const products = new MatrixProducts();
afterAll(() => products.release());

const noise = (count: number, seed: number): Float64Array => Float64Array.from(new TorchGenerator(seed).randn(count));

/** Q D Q^T with Q a product of random reflections: a full matrix whose eigenvalues are known. */
function known(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = values[i]!;
  for (let k = 0; k < 3; k++) {
    const v = noise(n, seed + k);
    const squares = v.reduce((sum, x) => sum + x * x, 0);
    for (const byRow of [true, false]) {
      for (let line = 0; line < n; line++) {
        const at = (i: number): number => (byRow ? line * n + i : i * n + line);
        let sum = 0;
        for (let i = 0; i < n; i++) sum += matrix[at(i)]! * v[i]!;
        for (let i = 0; i < n; i++) matrix[at(i)]! -= (2 * sum * v[i]!) / squares;
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}

const sorted = (values: Iterable<number>): number[] => [...values].toSorted((a, b) => a - b);

describe('eigenvalues of symmetric matrices', () => {
  test.each([1, 2, 3, 5, 31, 32, 33, 34, 63, 64, 65, 66, 97, 130, 200])(
    'are found in a full matrix of side %i',
    async (n) => {
      const values = Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 10 + i / n);
      const found = await symmetricEigenvalues(known(values, n), products, new Pace());
      const wanted = sorted(values);
      sorted(found).forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-12));
    },
  );

  test('are found where they span twelve powers of ten, and where most are 0', async () => {
    for (const values of [
      Array.from({ length: 80 }, (_, i) => 10 ** (-12 * (i / 79))),
      Array.from({ length: 80 }, (_, i) => (i < 7 ? i + 1 : 0)),
      Array.from({ length: 80 }, () => 3),
    ]) {
      const found = sorted(await symmetricEigenvalues(known(values, 5), products, new Pace()));
      const wanted = sorted(values);
      found.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-13 * 7));
    }
  });

  test('are those that Jacobi’s rotations find, for any size and rank (seeds 1 to 40)', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const n = 1 + ((seed * 37) % 73);
      const rank = 1 + ((seed * 11) % n);
      const factor = noise(n * rank, seed);
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          for (let k = 0; k < rank; k++) matrix[i * n + j]! += factor[i * rank + k]! * factor[j * rank + k]!;
        }
      }
      const found = sorted(await symmetricEigenvalues(matrix, products, new Pace()));
      const wanted = sorted(jacobiEigenpairs(matrix.slice(), n).values);
      const largest = wanted.at(-1)!;
      for (const [i, value] of found.entries()) {
        expect(Math.abs(value - wanted[i]!), `seed ${seed}`).toBeLessThan(1e-13 * largest);
      }
    }
  });

  test('of huge, tiny and zero matrices neither overflow nor vanish', async () => {
    const at = async (scale: number) =>
      sorted(await symmetricEigenvalues(known([scale, 2 * scale, 3 * scale], 9), products, new Pace()));
    for (const scale of [1e-200, 1, 1e200]) {
      const found = await at(scale);
      found.forEach((value, i) => expect(value / scale).toBeCloseTo(i + 1, 12));
    }
    expect([...(await symmetricEigenvalues(new Float64Array(16), products, new Pace()))]).toEqual([0, 0, 0, 0]);
  });

  test('are refused for what is not finite', async () => {
    await expect(symmetricEigenvalues(Float64Array.of(1, NaN, NaN, 1), products, new Pace())).rejects.toThrow(/finite/);
  });

  test('stop soon after they are cancelled, while other work gets its turn', async () => {
    const abort = new AbortController();
    const matrix = known(
      Array.from({ length: 700 }, (_, i) => i),
      3,
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const work = symmetricEigenvalues(matrix, products, new Pace(abort.signal));
    setTimeout(() => abort.abort(), 60);
    await expect(work).rejects.toMatchObject({ kind: 'cancelled' });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});

describe('Cholesky with pivots', () => {
  test.each([
    ['full rank', Array.from({ length: 90 }, (_, i) => 1 + i), 90],
    ['rank 70 of 90', Array.from({ length: 90 }, (_, i) => (i < 70 ? 1 + i : 0)), 70],
    ['rank 1', Array.from({ length: 40 }, (_, i) => (i === 0 ? 2 : 0)), 1],
    ['nothing', Array.from({ length: 40 }, () => 0), 0],
  ])('gives a factor of a matrix of %s', async (_, values, rank) => {
    const n = values.length;
    const matrix = known(values, 11);
    const factor = await pivotedCholesky(matrix, n, products, new Pace());
    expect(factor.rank).toBe(rank);
    let worst = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += factor.l[i * rank + k]! * factor.l[j * rank + k]!;
        worst = Math.max(worst, Math.abs(sum - matrix[i * n + j]!));
      }
    }
    expect(worst).toBeLessThan(1e-12 * (1 + Math.max(...values)));
  });
});
