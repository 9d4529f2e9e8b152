import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { npyBytes } from '../../../../../native-models/weight-formats/npz/npy.js';
import { withNpz, writeNpz, type WritableArray } from '../../../../../native-models/weight-formats/npz/npz.js';
import {
  readStatistics,
  readStatisticsShape,
  writeStatistics,
} from '../../../../../native-models/weight-formats/npz/statistics.js';
import { readGolden } from '../../../../parity/golden.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npz-'));
});
afterAll(() => rm(folder, { recursive: true }));

const matrix = (shape: number[], values: readonly number[]): WritableArray => ({
  shape,
  data: Float64Array.from(values),
});

/** Files that numpy 2.4 wrote (`make_metrics.py`). */
const { files } = readGolden<{ files: Record<string, string> }>('metrics', 'npz').description;

async function numpyFile(name: string): Promise<string> {
  const path = join(folder, `${name}.npz`);
  await writeFile(path, Buffer.from(files[name]!, 'base64'));
  return path;
}

describe('statistics', () => {
  test('are read as they were written, with their number and notes, and leave nothing half-written', async () => {
    const file = join(folder, 'own.npz');
    const mu = Float64Array.of(1, -2, 0.1);
    const sigma = Float64Array.of(2, 0.5, 0, 0.5, 3, 0, 0, 0, 0);
    await writeStatistics(file, { mu, sigma, n: 1234, meta: '{"network":"ä"}' });
    expect(await readStatistics(file)).toEqual({ mu, sigma, n: 1234, meta: '{"network":"ä"}' });
    expect(await readStatisticsShape(file)).toEqual({ dimensions: 3, n: 1234 });
    await writeStatistics(file, { mu, sigma, n: null, meta: null });
    expect(await readStatistics(file)).toEqual({ mu, sigma, n: null, meta: null });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test.each(['stored', 'deflated', 'float32', 'float16', 'big-endian', 'fortran', 'version-2'])(
    'that numpy wrote %s are read',
    async (name) => {
      const { mu, sigma, n } = await readStatistics(await numpyFile(name));
      expect([...mu]).toEqual([0.5, -1.25, 3]);
      expect([...sigma]).toEqual([2, 0.5, 0.25, 0.5, 3, 0, 0.25, 0, 1]);
      expect(n).toBeNull();
      expect(await readStatisticsShape(join(folder, `${name}.npz`))).toEqual({ dimensions: 3, n: null });
    },
  );

  test('in Fortran’s order are turned, and damaged digits are noticed', async () => {
    const file = await numpyFile('fortran');
    const { shape, data } = await withNpz(file, (npz) => npz.array('other'));
    expect([shape, [...data]]).toEqual([[2, 3, 4], Array.from({ length: 24 }, (_, i) => i)]);
    const bytes = await readFile(file);
    const digits = bytes.indexOf(Buffer.from(Float64Array.of(-1.25).buffer));
    bytes[digits + 2]! ^= 1;
    await writeFile(file, bytes);
    await expect(readStatistics(file)).rejects.toThrow('its mu is damaged');
  });

  test('with Python objects are refused, and nothing runs', async () => {
    await expect(readStatistics(await numpyFile('objects'))).rejects.toMatchObject({
      kind: 'bad-file',
      message: 'objects.npz: its mu holds Python objects, which are not read.',
    });
  });

  test('that no covariance can be are refused, each with its reason', async () => {
    const sigma = [1, 0, 0, 1];
    const refused = async (arrays: Record<string, WritableArray>): Promise<string> => {
      const file = join(folder, 'bad.npz');
      await writeNpz(file, arrays);
      return readStatistics(file).then(
        () => 'read',
        (error: Error) => error.message,
      );
    };
    const mu = matrix([2], [0, 0]);
    expect(await refused({ mu, sigma: matrix([2, 2], sigma) })).toBe('read');
    expect(await refused({ sigma: matrix([2, 2], sigma) })).toContain('has no array mu');
    expect(await refused({ mu: matrix([3], [0, 0, 0]), sigma: matrix([2, 2], sigma) })).toContain(
      'mu is [3] and sigma [2, 2]',
    );
    expect(await refused({ mu, sigma: matrix([4], sigma) })).toContain('expected [D] and [D, D]');
    expect(await refused({ mu, sigma: matrix([2, 2], [1, 0, 0, Number.NaN]) })).toContain('not finite');
    expect(await refused({ mu, sigma: matrix([2, 2], [1, 0, 0, -1]) })).toContain('variance of feature 1 is below 0');
    expect(await refused({ mu, sigma: matrix([2, 2], [1, 0.5, 0.1, 1]) })).toContain('not symmetric');
  });

  test('that are cut short, no zip, or not there are refused in one sentence', async () => {
    const whole = await readFile(await numpyFile('deflated'));
    const refused = async (bytes: Uint8Array): Promise<string> => {
      const file = join(folder, 'cut.npz');
      await writeFile(file, bytes);
      return readStatistics(file).then(
        () => 'read',
        (error: Error) => error.message,
      );
    };
    for (const length of [0, 3, 30, 100, whole.length - 30])
      expect(await refused(whole.subarray(0, length))).toMatch(/^cut\.npz/);
    expect(await refused(Buffer.from('no zip at all'))).toBe(
      'cut.npz is no .npz: choose statistics as pytorch-fid saves them.',
    );
    await expect(readStatistics(join(folder, 'none.npz'))).rejects.toMatchObject({ kind: 'missing-file' });
  });

  test('with any byte changed are read or refused, and never end the process', async () => {
    const whole = await readFile(await numpyFile('deflated'));
    const file = join(folder, 'changed.npz');
    const kinds = new Set<string>();
    for (let at = 0; at < whole.length; at += 3) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0xff;
      await writeFile(file, changed);
      kinds.add(
        await readStatistics(file).then(
          () => 'read',
          (error: { kind?: string }) => error.kind ?? 'without a kind',
        ),
      );
    }
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(['bad-file']));
    expect([...kinds].every((kind) => ['read', 'bad-file', 'unsupported'].includes(kind))).toBe(true);
  });
});

test('arrays begin at a multiple of 64, and scalars have no axes', async () => {
  const bytes = npyBytes({ shape: [], data: BigInt64Array.of(7n) });
  expect(bytes.length % 64).toBe(8);
  const file = join(folder, 'scalar.npz');
  await writeNpz(file, { n: { shape: [], data: BigInt64Array.of(7n) } });
  expect(await withNpz(file, (npz) => npz.array('n'))).toEqual({ shape: [], data: Float64Array.of(7) });
});
