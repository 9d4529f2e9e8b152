import { afterAll, describe, expect, test } from 'vitest';
import { frechetBiasFactor } from '../../../../native-models/metrics/frechet-bias.js';
import { centred, frechetOfMoments, frechetOfRows } from '../../../../native-models/metrics/frechet-distance.js';
import type { Moments } from '../../../../native-models/metrics/moments.js';
import { Pace } from '../../../../native-models/metrics/pace.js';
import { gaussian, products, reversed } from './metric-parts.js';

afterAll(() => products.release());

/** Q D Q^T, Q being one reflection that leaves no axis alone. */
function covariance(values: readonly number[]): Float64Array {
  const n = values.length;
  const v = Array.from({ length: n }, (_, i) => 1 + Math.sin(i));
  const squares = v.reduce((sum, x) => sum + x * x, 0);
  const q = (i: number, j: number): number => (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / squares;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return values.reduce((sum, value, k) => sum + q(i, k) * value * q(j, k), 0);
  }).map((value, at, all) => (value + all[(at % n) * n + Math.floor(at / n)]!) / 2);
}

const gauss = (values: readonly number[], mean = 0): Moments => ({
  mu: new Float64Array(values.length).fill(mean),
  sigma: covariance(values),
});

const distance = (a: Moments, b: Moments): Promise<number> => frechetOfMoments(a, b, products, new Pace());
const spread = (n: number, of: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => of(i));

describe('the distance between Gaussians', () => {
  test('of one covariance is that of their means', async () => {
    const values = spread(70, (i) => 1 / (1 + i));
    expect(await distance(gauss(values, 1), gauss(values))).toBe(70);
  });

  test('whose covariances have the same axes is the sum of squared differences of deviations', async () => {
    for (const n of [3, 40, 500]) {
      const [a, b] = [spread(n, (i) => 1 + i / n), spread(n, (i) => 3 - (2 * i) / n)];
      const exact = a.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(b[i]!)) ** 2, 0);
      expect(Math.abs((await distance(gauss(a), gauss(b))) - exact)).toBeLessThan(1e-10 * exact);
    }
  });

  test('is right to 1e-6 where covariances are singular', async () => {
    for (const n of [40, 500]) {
      const [a, b] = [spread(n, (i) => (i % 3 === 0 ? 2 : 0)), spread(n, (i) => (i % 2 === 0 ? 5 : 0))];
      const exact = a.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(b[i]!)) ** 2, 0);
      expect(Math.abs((await distance(gauss(a), gauss(b))) - exact)).toBeLessThan(1e-6);
    }
    const nothing = gauss([0, 0, 0]);
    expect(await distance(nothing, gauss([1, 2, 3]))).toBeCloseTo(6, 12);
    expect(await distance(nothing, gauss([0, 0, 0], 2))).toBe(12);
  });

  test('that are almost equal is almost 0', async () => {
    const values = spread(500, (i) => 10 ** (-6 * (i / 499)));
    const nearly = values.map((value) => value * (1 + 1e-9));
    expect(Math.abs(await distance(gauss(values), gauss(nearly)))).toBeLessThan(1e-6);
  });
});

describe('the distance between sets', () => {
  test.each([
    [30, 300], // fewer pictures than dimensions
    [700, 900],
    [300, 20],
  ])('of the same %i pictures with %i features is 0 to 1e-6, in any order', async (rows, columns) => {
    const set = gaussian(rows, columns, 3);
    const [a, b, c] = [
      await set.block(0, rows),
      await set.block(0, rows),
      await (await reversed(set)).block(0, rows),
    ].map((block) => centred(block, columns));
    expect(Math.abs(await frechetOfRows(a!, b!, products, new Pace()))).toBeLessThan(1e-6);
    expect(Math.abs(await frechetOfRows(a!, c!, products, new Pace()))).toBeLessThan(1e-6);
  });
});

test.each([200, 500])(
  '%i pictures a side with two features that say anything have the distance of these two',
  async (rows) => {
    const spreadOut = (narrow: Float64Array): Float64Array =>
      Float64Array.from({ length: rows * 600 }, (_, i) => narrow[Math.floor(i / 600) * 2 + (i % 2)]! / Math.sqrt(300));
    const [a, b] = [await gaussian(rows, 2, 1, 0.5).block(0, rows), await gaussian(rows, 2, 2).block(0, rows)];
    const narrow = await frechetOfRows(centred(a.slice(), 2), centred(b.slice(), 2), products, new Pace());
    const wide = await frechetOfRows(centred(spreadOut(a), 600), centred(spreadOut(b), 600), products, new Pace());
    expect(Math.abs(wide - narrow)).toBeLessThan(1e-6);
  },
);

describe('the known bias', () => {
  test('is what samples of one Gaussian read, on average', async () => {
    const [n, columns, times] = [200, 24, 30];
    const values = spread(columns, (j) => 1 / (1 + j / 4) ** 2);
    let sum = 0;
    for (let time = 0; time < times; time++) {
      const [a, b] = [gaussian(n, columns, 2 * time), gaussian(n, columns, 2 * time + 1)];
      const rows = [await a.block(0, n), await b.block(0, n)].map((block) => centred(block, columns));
      sum += await frechetOfRows(rows[0]!, rows[1]!, products, new Pace());
    }
    const told = frechetBiasFactor(Float64Array.from(values)) * (2 / n);
    expect(Math.abs(sum / times / told - 1)).toBeLessThan(0.08);
  });

  test('of sets without spread is 0', () => {
    expect(frechetBiasFactor(new Float64Array(5))).toBe(0);
    expect(frechetBiasFactor(Float64Array.of(-1e-18, 0, 2))).toBe(3);
  });
});
