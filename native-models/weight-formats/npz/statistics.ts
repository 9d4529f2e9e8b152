/**
 * Statistics of features as pytorch-fid 0.3 and TTUR keep them: an `.npz` with `mu` [D] and `sigma` [D, D], float64. It
 * tells neither of how many pictures they are nor of which network; ours have `n` and `meta` (JSON) beside them, which
 * other tools pass over.
 */
import path from 'node:path';

import { ModelError } from '../../errors.js';
import type { Moments } from '../../metrics/moments.js';
import { withNpz, writeNpz, type NpzReader } from './npz.js';

export interface Statistics extends Moments {
  /** Pictures; null where the file does not tell. */
  readonly n: number | null;
  /** JSON of whoever wrote it; null where there is none. */
  readonly meta: string | null;
}

/** What a file of statistics is of, from its headers. */
export function readStatisticsShape(file: string): Promise<{ dimensions: number; n: number | null }> {
  return withNpz(file, async (npz) => {
    const dimensions = checkedShape(file, (await npz.header('mu')).shape, (await npz.header('sigma')).shape);
    return { dimensions, n: await countIn(npz) };
  });
}

export function readStatistics(file: string): Promise<Statistics> {
  return withNpz(file, async (npz) => {
    const [mu, sigma] = [await npz.array('mu'), await npz.array('sigma')];
    const dimensions = checkedShape(file, mu.shape, sigma.shape);
    checkNumbers(file, mu.data, sigma.data, dimensions);
    const meta = npz.names.includes('meta') ? (await npz.array('meta')).data : null;
    return {
      mu: mu.data,
      sigma: sigma.data,
      n: await countIn(npz),
      meta: meta && new TextDecoder().decode(Uint8Array.from(meta)),
    };
  });
}

export async function writeStatistics(file: string, { mu, sigma, n, meta }: Statistics): Promise<void> {
  await writeNpz(file, {
    mu: { shape: [mu.length], data: mu },
    sigma: { shape: [mu.length, mu.length], data: sigma },
    ...(n === null ? {} : { n: { shape: [], data: BigInt64Array.of(BigInt(n)) } }),
    ...(meta === null ? {} : { meta: bytesOf(meta) }),
  });
}

function bytesOf(text: string): { shape: number[]; data: Uint8Array } {
  const data = new TextEncoder().encode(text);
  return { shape: [data.length], data };
}

async function countIn(npz: NpzReader): Promise<number | null> {
  if (!npz.names.includes('n')) return null;
  const { shape, data } = await npz.array('n');
  const [n] = data;
  return shape.length === 0 && n !== undefined && Number.isSafeInteger(n) && n > 1 ? n : null;
}

function checkedShape(file: string, mu: readonly number[], sigma: readonly number[]): number {
  const [dimensions = 0] = mu;
  const square = sigma.length === 2 && sigma[0] === dimensions && sigma[1] === dimensions;
  if (mu.length === 1 && dimensions > 0 && square) return dimensions;
  const shapes = `mu is [${mu.join(', ')}] and sigma [${sigma.join(', ')}], expected [D] and [D, D]`;
  throw new ModelError('bad-file', `${path.basename(file)}: ${shapes}.`, { file });
}

/** Larger gaps between the halves of a covariance are no rounding of float32. */
const ASYMMETRY = 1e-4;

/** Throws unless sigma can be a covariance; its halves are made equal to the last bit. */
function checkNumbers(file: string, mu: Float64Array, sigma: Float64Array, dimensions: number): void {
  const bad = (fault: string): ModelError =>
    new ModelError('bad-file', `${path.basename(file)}: ${fault}: it is no file of statistics.`, { file });
  if (!mu.every(Number.isFinite) || !sigma.every(Number.isFinite)) throw bad('it holds numbers that are not finite');
  let most = 0;
  for (let i = 0; i < dimensions; i++) {
    const variance = sigma[i * dimensions + i]!;
    if (variance < 0) throw bad(`the variance of feature ${i} is below 0`);
    most = Math.max(most, variance);
  }
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [sigma[i * dimensions + j]!, sigma[j * dimensions + i]!];
      if (Math.abs(a - b) > ASYMMETRY * most) throw bad('sigma is not symmetric');
      sigma[i * dimensions + j] = sigma[j * dimensions + i] = (a + b) / 2;
    }
  }
}
