import { join } from 'node:path';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine } from '../contracts/engine.js';
import type { FeatureNetwork } from '../contracts/features.js';
import type { Worker } from '../contracts/worker.js';
import { FeatureStore } from '../evaluation/feature-store.js';
import type { PythonPeer } from './python-peer.js';
import { median, row, type BenchRow } from './row.js';
import { writeRandomInception } from './random-inception.js';

export interface FeatureBench {
  readonly engine: Engine;
  readonly worker: Worker;
  readonly device: DeviceWish;
  /** An empty folder for weights, pictures and vectors; the caller removes it. */
  readonly folder: string;
  /** pytorch-fid in a Python of the person's own (`tests/peers/features/pytorch_fid_features.py`); null: none. */
  readonly peer: PythonPeer | null;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Of each size: as many as take a few seconds. */
const pictures = 32;
const rounds = 5;
const sides = [512, 299];

const opened = z.object({ versions: z.record(z.string(), z.string()) });
const measured = z.object({ seconds: z.number(), first: z.array(z.number()) });

/**
 * Pictures per second from PNG files to FID features: read, resized as pytorch-fid does it, and through Inception. With a
 * peer both take the same files and the same random weights in turns, whose order changes, so that a busy machine slows
 * both.
 */
export async function featureRows(bench: FeatureBench): Promise<BenchRow[]> {
  const { engine, worker, folder, say, signal } = bench;
  const weights = join(folder, 'inception.safetensors');
  await writeRandomInception(weights);
  const network = await engine.featureNetwork({ kind: 'inception', path: weights, mode: 'pytorch-fid' });
  const sha256 = await worker.hashFile({ path: weights }, () => undefined, signal);
  let peer = bench.peer;
  let peerName = '';
  try {
    const versions = peer === null ? {} : opened.parse(await peer.ask({ weights })).versions;
    peerName = `pytorch-fid ${versions['pytorch-fid']}, torch ${versions['torch']}`;
  } catch (error) {
    say(`pytorch-fid is left out: ${error instanceof Error ? error.message : String(error)}`);
    peer = null;
  }

  const rows: BenchRow[] = [];
  for (const side of sides) {
    const paths = await writePictures(worker, folder, side);
    const ours: number[] = [];
    const theirs: number[] = [];
    const mine = async () => {
      const { seconds, first } = await embed(bench, network, sha256, paths);
      ours.push(pictures / seconds);
      return first;
    };
    const other = async () => {
      const { seconds, first } = measured.parse(await peer!.ask({ pictures: paths }));
      theirs.push(pictures / seconds);
      return first;
    };
    // Warms up, and proves that both compute the same.
    const vector = await mine();
    let compared = peer !== null;
    if (compared && differs(vector, await other())) {
      say('pytorch-fid is left out: its features of the same picture are others than the studio’s.');
      compared = false;
    }
    [ours.length, theirs.length] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const runs = compared ? [mine, other] : [mine];
      for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
    }
    const speed = row(`FID features of ${side} x ${side} PNGs`, median(ours), 'pictures/s', null);
    if (!compared) rows.push(speed);
    else {
      const peerText = `${peerName} (${median(theirs).toFixed(1)} pictures/s)`;
      const ratio = median(ours.map((rate, k) => rate / theirs[k]!));
      rows.push({ ...speed, peer: peerText, ratio, aim: 'not slower' });
    }
  }
  return rows;
}

/** From nothing known to vectors in a file, as an evaluation does it. */
async function embed(
  { engine, worker, device, folder, signal }: FeatureBench,
  network: FeatureNetwork,
  sha256OfNetwork: string,
  paths: readonly string[],
): Promise<{ seconds: number; first: Float32Array }> {
  const kept = join(folder, 'vectors');
  await rm(kept, { recursive: true, force: true });
  const started = performance.now();
  const hashes = await worker.hashPictures({ paths: [...paths] });
  const store = new FeatureStore({ engine, worker, folder: kept });
  const { matrix } = await store.set({
    ...{ network, sha256OfNetwork, device, signal, out: join(folder, 'matrix.f32') },
    pictures: paths.map((path, index) => ({ path, sha256: 'sha256' in hashes[index]! ? hashes[index].sha256 : '' })),
    onProgress: () => undefined,
  });
  const seconds = (performance.now() - started) / 1000;
  const bytes = await readFile(matrix.path);
  return { seconds, first: new Float32Array(Uint8Array.from(bytes.subarray(0, 4 * matrix.columns)).buffer) };
}

/** Smooth, with some noise: as hard to decode as a photograph. */
async function writePictures(worker: Worker, folder: string, side: number): Promise<string[]> {
  const place = join(folder, `${side}`);
  await mkdir(place);
  const paths: string[] = [];
  for (let index = 0; index < pictures; index++) {
    const rgb = new Uint8Array(3 * side * side);
    for (let i = 0; i < rgb.length; i++) {
      const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
      const wave = Math.sin(((index + 1) * x) / 60 + (i % 3)) + Math.cos((y * (1 + (index % 5))) / 45);
      rgb[i] = 128 + 50 * wave + 16 * (Math.random() - 0.5);
    }
    const path = join(place, `${index}.png`);
    await worker.savePicture({ rgb, width: side, height: side, path, overwrite: false, text: [], thumbnail: null });
    paths.push(path);
  }
  return paths;
}

function differs(vector: Float32Array, other: readonly number[]): boolean {
  const largest = Math.max(...other.map(Math.abs));
  return vector.length !== other.length || vector.some((value, k) => Math.abs(value - other[k]!) > 1e-3 * largest);
}
