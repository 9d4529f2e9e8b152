import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FeatureSet } from '../../native-models/metrics/feature-set.js';
import { frechetOfMoments } from '../../native-models/metrics/frechet-distance.js';
import { FrechetSide } from '../../native-models/metrics/frechet-side.js';
import { momentsOf } from '../../native-models/metrics/moments.js';
import { Pace } from '../../native-models/metrics/pace.js';
import { TorchGenerator } from '../../native-models/noise/torch-generator.js';
import { MatrixProducts } from '../../native-models/runtime/matrix-products.js';
import type { PythonPeer } from './python-peer.js';
import { median, row, type BenchRow } from './row.js';

export interface FrechetBench {
  /** An empty folder for features; the caller removes it. */
  readonly folder: string;
  /** numpy and scipy in a Python of the person's own (`tests/peers/frechet/frechet_distances.py`); null: none. */
  readonly peer: PythonPeer | null;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Features of the FID Inception. */
const columns = 2048;
const rounds = 3;

const opened = z.object({ versions: z.record(z.string(), z.string()) });
const measured = z.object({ seconds: z.number(), value: z.number() });

/** How much two ways to one distance may differ: roots of rounding, where covariances are singular. */
const sameDistance = 1e-5;

const ways = [
  { way: 'sqrtm', of: 'pytorch-fid' },
  { way: 'eigvals', of: 'torch-fidelity' },
] as const;

/**
 * The Frechet distance at 2048 dimensions, from features of few pictures and from two saved covariances of full rank. With a
 * peer, pytorch-fid's way and torch-fidelity's take the same features in turns, whose order changes, so that a busy machine
 * slows all.
 */
export async function frechetRows({ folder, peer, say, signal }: FrechetBench): Promise<BenchRow[]> {
  const products = new MatrixProducts();
  const pace = new Pace(signal);
  try {
    const few = await pairOf(folder, 1000);
    const many = await pairOf(folder, 4000);
    const [a, b] = [await momentsOf(many.sets[0], products, pace), await momentsOf(many.sets[1], products, pace)];
    const tools = { products, pace };
    return [
      ...(await compare(`Frechet distance, ${columns} dimensions, from 1000 features a side`, {
        ...{ peer, say, paths: few.paths, rows: 1000, source: 'features' },
        aims: { sqrtm: 'at most 0.33', eigvals: null },
        ours: () => new FrechetSide(few.sets[0], tools).distanceTo(new FrechetSide(few.sets[1], tools), columns),
      })),
      ...(await compare(`Frechet distance, ${columns} dimensions, from two saved statistics`, {
        ...{ peer, say, paths: many.paths, rows: 4000, source: 'statistics' },
        aims: { sqrtm: null, eigvals: 'at most 1' },
        ours: () => frechetOfMoments(a, b, products, pace),
      })),
    ];
  } finally {
    await products.release();
  }
}

interface Comparison {
  readonly peer: PythonPeer | null;
  readonly say: (sentence: string) => void;
  readonly paths: readonly string[];
  readonly rows: number;
  readonly source: 'features' | 'statistics';
  readonly aims: Readonly<Record<(typeof ways)[number]['way'], string | null>>;
  readonly ours: () => Promise<number>;
}

async function compare(name: string, { peer, say, paths, rows, source, aims, ours }: Comparison): Promise<BenchRow[]> {
  const mine: number[] = [];
  const theirs: Record<string, number[]> = { sqrtm: [], eigvals: [] };
  const runOurs = async (): Promise<number> => {
    const started = performance.now();
    const value = await ours();
    mine.push((performance.now() - started) / 1000);
    return value;
  };
  const runTheirs = async (way: string): Promise<number> => {
    const { seconds, value } = measured.parse(await peer!.ask({ way, from: source }));
    theirs[way]!.push(seconds);
    return value;
  };

  const value = await runOurs(); // warms up
  mine.length = 0;
  let versions: Record<string, string> = {};
  const compared: (typeof ways)[number][] = [];
  try {
    if (peer !== null) {
      ({ versions } = opened.parse(await peer.ask({ sets: paths, rows: [rows, rows], columns })));
      for (const known of ways) {
        const apart = Math.abs((await runTheirs(known.way)) - value);
        if (apart < sameDistance * value) compared.push(known);
        else say(`${known.of}’s ${known.way} is left out: its distance is another one than the studio’s, by ${apart}.`);
        theirs[known.way] = [];
      }
    }
  } catch (error) {
    say(`Python’s ways are left out: ${error instanceof Error ? error.message : String(error)}`);
  }
  for (let round = 0; round < rounds; round++) {
    const runs = [
      runOurs,
      ...compared.map(
        ({ way }) =>
          () =>
            runTheirs(way),
      ),
    ];
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
  }
  const own = row(name, median(mine), 's', null);
  if (compared.length === 0) return [own];
  return compared.map(({ way, of }) => {
    const seconds = theirs[way]!;
    const peerText = `${of}’s ${way}, scipy ${versions['scipy']}, numpy ${versions['numpy']} (${median(seconds).toFixed(1)} s)`;
    return { ...own, peer: peerText, ratio: median(mine.map((taken, k) => taken / seconds[k]!)), aim: aims[way] };
  });
}

/** Two sets whose variances fall as those of pictures' features do. */
async function pairOf(folder: string, rows: number): Promise<{ sets: [FeatureSet, FeatureSet]; paths: string[] }> {
  const paths: string[] = [];
  const made: FeatureSet[] = [];
  for (const side of [0, 1]) {
    const values = new TorchGenerator(rows + side).randn(rows * columns);
    for (let i = 0; i < values.length; i++) {
      const feature = i % columns;
      values[i] = Math.max(0, values[i]! / (1 + feature / 64) ** 0.5 + 0.3 + 0.02 * side);
    }
    const path = join(folder, `frechet-${rows}-${side}.f32`);
    await writeFile(path, new Uint8Array(values.buffer));
    paths.push(path);
    made.push(FeatureSet.of(values, columns));
  }
  return { sets: made as [FeatureSet, FeatureSet], paths };
}
