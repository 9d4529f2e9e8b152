import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FeatureSet } from '../../../../native-models/metrics/feature-set.js';
import { momentsOf } from '../../../../native-models/metrics/moments.js';
import { Pace } from '../../../../native-models/metrics/pace.js';
import { products } from './metric-parts.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'));
});
afterAll(async () => {
  await products.release();
  await rm(folder, { recursive: true });
});

const written = async (name: string, values: Float32Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(values.buffer));
  return path;
};

describe('a file of features', () => {
  test.each([
    ['kept in memory', 1e9],
    ['read where it is needed', 0],
  ])('%s gives blocks and single rows as float64, less an offset', async (_, keptBytes) => {
    const path = await written('a.f32', Float32Array.of(1, 2, 3, 4, 5, 6));
    const set = await FeatureSet.open({ path, rows: 3, columns: 2 }, keptBytes);
    expect([...(await set.block(1, 3))]).toEqual([3, 4, 5, 6]);
    expect([...(await set.pick([2, 0], Float64Array.of(1, 0.5)))]).toEqual([4, 5.5, 0, 1.5]);
    expect([...(await set.pick([1, 2, 0, 1]))]).toEqual([3, 4, 5, 6, 1, 2, 3, 4]);
    expect([...(await set.pick([]))]).toEqual([]);
    const subset = set.subset(Uint32Array.of(2, 0, 1));
    expect([subset.rows, subset.columns]).toEqual([3, 2]);
    expect([...(await subset.block(1, 3, Float64Array.of(1, 1)))]).toEqual([0, 1, 2, 3]);
    expect([...(await subset.pick([2, 0]))]).toEqual([3, 4, 5, 6]);
    expect([...(await subset.subset(Uint32Array.of(0)).block(0, 1))]).toEqual([5, 6]);
    await writeFile(path, new Uint8Array(8));
    const again = set.block(0, 3);
    if (keptBytes > 0) expect([...(await again)]).toEqual([1, 2, 3, 4, 5, 6]);
    else await expect(again).rejects.toMatchObject({ kind: 'file-changed' });
    await set.close();
  });

  test('that is not there, or not of its size, is refused in one sentence', async () => {
    const path = await written('b.f32', new Float32Array(5));
    await expect(FeatureSet.open({ path, rows: 3, columns: 2 })).rejects.toMatchObject({
      kind: 'bad-file',
      message: 'b.f32 has 20 bytes, 3 × 2 features are 24: make them again.',
    });
    const missing = join(folder, 'none.f32');
    await expect(FeatureSet.open({ path: missing, rows: 1, columns: 1 })).rejects.toMatchObject({
      kind: 'missing-file',
    });
  });

  test('has mean and covariance over N - 1, whatever the blocks they are made of', async () => {
    const rows = 1300;
    const values = Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 100 + (i % 7) : -(i % 5)));
    const set = await FeatureSet.open({ path: await written('c.f32', values), rows, columns: 2 });
    const { mu, sigma } = await momentsOf(set, products, new Pace());
    const column = (j: number): number[] => [...values].filter((_, i) => i % 2 === j);
    const mean = (v: number[]): number => v.reduce((sum, x) => sum + x, 0) / rows;
    const [a, b] = [column(0), column(1)];
    const [ma, mb] = [mean(a), mean(b)];
    expect([...mu]).toEqual([expect.closeTo(ma, 10), expect.closeTo(mb, 10)]);
    const cross = a.reduce((sum, x, i) => sum + (x - ma) * (b[i]! - mb), 0) / (rows - 1);
    expect(sigma[1]).toBeCloseTo(cross, 10);
    expect(sigma[1]).toBe(sigma[2]);
  });
});
