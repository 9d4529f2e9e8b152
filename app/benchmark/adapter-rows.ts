import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GeneratedPicture, GenerateRequest } from '../contracts/engine.js';
import type { PictureBench } from './picture-rows.js';
import { writeRandomAdapter } from './random-adapter.js';
import { median, row, type BenchRow } from './row.js';

const rank = 16;
/** A step longer than this (seconds) makes rounds few and pictures of few steps. */
const longStep = 1;

/**
 * What adapters take: putting a LoRA on, moving its slider, a step with it, a step with only the room for it. In each
 * round plain sessions and those with room are opened anew and change their order, so that a busy machine slows both.
 */
export async function adapterRows(
  { engine, model, device, signal, previewCache: folder }: Omit<PictureBench, 'enginePid'>,
  request: GenerateRequest,
  stepSeconds: number,
): Promise<BenchRow[]> {
  const quick = stepSeconds <= longStep;
  const rounds = quick ? 6 : 3;
  const steps = quick ? request.steps : 2;
  const make = (change: Partial<GenerateRequest>): Promise<GeneratedPicture> =>
    engine.generate({ ...request, steps, ...change }, () => undefined, signal);
  const perStep = async (change: Partial<GenerateRequest>) => (await make(change)).seconds.denoise / steps;
  const original = join(folder, 'random.safetensors');
  await writeRandomAdapter(original, model.path, rank);

  const applied: number[] = [];
  const slid: number[] = [];
  const times = { plain: [] as number[], room: [] as number[], adapter: [] as number[] };
  const plain = async () => {
    await engine.unload();
    await make({ steps: 1 }); // opens, and makes memory for the steps
    times.plain.push(await perStep({}));
  };
  const withRoom = async (file: string) => {
    await engine.unload();
    await engine.prepareAdapters({ ...request, modelPath: model.path, device });
    await make({ steps: 1 });
    times.room.push(await perStep({}));
    const adapters = (weight: number) => [{ file, weight, textWeight: weight }];
    applied.push(appliedSeconds(await make({ steps: 1, adapters: adapters(1) })));
    slid.push(appliedSeconds(await make({ steps: 1, adapters: adapters(0.5) })));
    times.adapter.push(await perStep({ adapters: adapters(0.5) }));
  };
  for (let round = 0; round < rounds; round++) {
    const file = join(folder, `random-${round}.safetensors`);
    await copyFile(original, file);
    const runs = [plain, () => withRoom(file)];
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
  }

  const [first = Number.NaN, ...others] = applied;
  return [
    row(`put a rank ${rank} LoRA on, the first of all`, first * 1000, 'ms', 'under 100 ms'),
    row(`put a rank ${rank} LoRA on, a later one`, median(others) * 1000, 'ms', 'under 100 ms'),
    row('move its slider', median(slid) * 1000, 'ms', 'under 20 ms'),
    added('a LoRA adds to a step', times.adapter, times.plain, 'under 10 %'),
    added('room for adapters, with none on, adds to a step', times.room, times.plain, 'at most 3 %'),
  ];
}

const appliedSeconds = ({ adapters }: GeneratedPicture): number =>
  adapters.reduce((sum, { seconds }) => sum + seconds, 0);

function added(name: string, values: readonly number[], peers: readonly number[], aim: string): BenchRow {
  const ratio = median(values.map((value, round) => value / (peers[round] ?? value)));
  return { ...row(name, (ratio - 1) * 100, '%', aim), peer: 'no room for adapters', ratio };
}
