import type { DeviceWish } from '../contracts/capabilities.js';
import type { Engine, GenerateRequest } from '../contracts/engine.js';
import type { ResolvedModel } from '../library/library.js';
import { adapterRows } from './adapter-rows.js';
import { privateMemory } from './private-memory.js';
import { median, row, type BenchRow } from './row.js';

export interface PictureBench {
  readonly engine: Engine;
  /** The engine's process, once it runs. */
  readonly enginePid: () => number | null;
  readonly model: ResolvedModel;
  readonly device: DeviceWish;
  /** An empty folder for the fitted preview map and for adapters to measure with. */
  readonly previewCache: string;
  readonly signal: AbortSignal;
}

const rounds = 8;

/**
 * Pictures with the model's own defaults in one engine: what they take, what previews add, what stays in memory.
 * Runs with and without previews alternate and change their order, so that a busy machine slows both.
 */
export async function pictureRows({ engine, enginePid, ...bench }: PictureBench): Promise<BenchRow[]> {
  const { model, device, signal } = bench;
  const { defaults } = model;
  const request: GenerateRequest = {
    ...defaults,
    modelPath: model.path,
    device,
    prompt: 'a red heart',
    negative: '',
    seed: 7,
    clipSkip: 1,
    adapters: [],
    apply: 'auto',
    latents: null,
    checkpointFile: null,
    previewCache: null,
  };
  const make = (change: Partial<GenerateRequest>) =>
    engine.generate({ ...request, ...change }, () => undefined, signal);

  await engine.capabilities(); // the engine runs, with nothing loaded
  const before = await memoryOf(enginePid());
  const first = await make({});
  const after = await memoryOf(enginePid());
  await make({ previewCache: bench.previewCache }); // fits the map, once a model

  const plain: number[] = [];
  const watched: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const runs = [
      async () => {
        const { seconds } = await make({});
        plain.push(seconds.denoise);
        whole.push(seconds.total);
      },
      async () => void watched.push((await make({ previewCache: bench.previewCache })).seconds.denoise),
    ];
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
  }
  const { steps } = defaults;
  const cost = median(watched.map((seconds, k) => seconds / (plain[k] ?? seconds)));
  const what = `${steps} steps${defaults.cfg > 1 ? ' with guidance' : ''}`;
  return [
    row('load the model', first.seconds.load, 's', null),
    row(`next picture, ${what}`, median(whole), 's', 'under 1.5 s for the embedded model'),
    row('one step', (median(plain) / steps) * 1000, 'ms', null),
    { ...row('a preview at every step adds', (cost - 1) * 100, '%', 'at most 5 %'), peer: 'no previews', ratio: cost },
    ...memoryRow(before, after, model),
    ...(await adapterRows({ engine, ...bench }, request, median(plain) / steps)),
  ];
}

/** Weights as float32, which is what they are folded to on the CPU. */
function memoryRow(before: number | null, after: number | null, model: ResolvedModel): BenchRow[] {
  if (before === null || after === null) return [];
  const folded = model.dtype === 'F32' ? model.bytes : model.bytes * 2;
  const aim = `at most ${Math.round((folded * 1.2 + 60e6) / 1e6)} MB: 1.2 x folded weights + 60 MB`;
  return [row('private memory of the loaded model', (after - before) / 1e6, 'MB', aim)];
}

async function memoryOf(pid: number | null): Promise<number | null> {
  return pid === null ? null : privateMemory(pid);
}
