import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { FeatureMatrix } from '../../../../app/contracts/features.js';
import type { MeasureProgress, SetsRequest } from '../../../../app/contracts/measures.js';
import { startEngineProcess, type EngineProcess } from '../../../../main/supervisor/engine-process.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';
import { bundleChild } from '../supervisor/bundle-child.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
let folder: string;
let started: EngineProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-measures-'));
  bundle = await bundleChild(new URL('../../../../main/engine/engine.ts', import.meta.url));
  started = startEngineProcess({ host: forkHost, entry: bundle.file });
});
afterAll(async () => {
  await started.close();
  bundle.remove();
  rmSync(folder, { recursive: true });
});

function features(name: string, rows: number, columns: number, shift = 0): FeatureMatrix {
  const path = join(folder, `${name}.f32`);
  const values = new TorchGenerator(name.length + rows).randn(rows * columns).map((value) => value + shift);
  writeFileSync(path, new Uint8Array(values.buffer));
  return { path, rows, columns };
}

const signal = new AbortController().signal;

function measure(request: Partial<SetsRequest>, told: MeasureProgress[] = [], stop = signal) {
  return started.engine.measureSets(
    {
      generated: features('generated', 60, 24, 0.3),
      reference: { kind: 'features', matrix: features('reference', 80, 24) },
      against: null,
      metrics: ['kid', 'fid', 'precision', 'recall'],
      mode: 'pytorch-fid',
      seed: 5,
      intervals: true,
      pictures: true,
      ...request,
    },
    (progress) => told.push(progress),
    stop,
  );
}

test('metrics on sets come with intervals, map and neighbours, and tell how far they are', async () => {
  const told: MeasureProgress[] = [];
  const { metrics, map, neighbours, differences } = await measure({}, told);
  expect(Object.keys(metrics).toSorted()).toEqual(['fid', 'kid', 'precision', 'recall']);
  for (const { value, low, high, n } of Object.values(metrics)) {
    expect(low! <= value! && value! <= high!).toBe(true);
    expect(n).toEqual([60, 80]);
  }
  expect([map!.generated.length, map!.reference.length, neighbours!.length]).toEqual([60, 80, 60]);
  expect(differences).toEqual({});
  const parts = told.map(({ part }) => part);
  expect(parts.toSorted((a, b) => a - b)).toEqual(parts);
  expect(parts.every((part) => part >= 0 && part <= 1)).toBe(true);
  expect([...new Set(told.map(({ what }) => what))]).toEqual([
    'KID',
    'Precision, Recall',
    'FID',
    'Intervals of FID',
    'Map of both sets',
    'Nearest pictures',
  ]);
});

test('only what was asked for is computed, and the same seed gives the same numbers', async () => {
  const [one, two] = [
    await measure({ metrics: ['recall', 'fid'], pictures: false }),
    await measure({ metrics: ['fid', 'recall', 'kid'], pictures: false }),
  ];
  expect(Object.keys(one.metrics).toSorted()).toEqual(['fid', 'recall']);
  expect(one.metrics['fid']).toEqual(two.metrics['fid']);
  expect([one.map, one.neighbours]).toEqual([null, null]);
});

test('another run is told apart on the same reference', async () => {
  const { differences, metrics } = await measure({ against: features('against', 60, 24, 1) });
  expect(Object.keys(differences).toSorted()).toEqual(['fid', 'kid', 'precision', 'recall']);
  expect(differences['fid']).toMatchObject({ clear: true });
  expect(differences['fid']!.value).toBeLessThan(0);
  expect(metrics['fid']!.n).toEqual([60, 80]);
});

test('statistics are written, read as a reference, and compared with each other', async () => {
  const [generated, reference] = [features('generated', 60, 24, 0.3), features('reference', 80, 24)];
  const [a, b] = [join(folder, 'a.npz'), join(folder, 'b.npz')];
  const write = (matrix: FeatureMatrix, out: string, overwrite = false) =>
    started.engine.featureMoments({ features: matrix, out, overwrite, meta: '{}' }, () => undefined, signal);
  expect(await write(generated, a)).toEqual({ n: 60, dimensions: 24 });
  await write(reference, b);
  await expect(write(reference, b)).rejects.toMatchObject({
    kind: 'bad-input',
    message: 'b.npz is there already: choose another name, or replace it with --force.',
  });
  await write(reference, b, true);
  const distance = await started.engine.frechet({ a, b }, () => undefined, signal);
  const { metrics, map, neighbours } = await measure({ reference: { kind: 'statistics', path: b } });
  expect(metrics['fid']!.value).toBeCloseTo(distance, 8);
  expect(metrics['fid']!.n).toEqual([60, 80]); // our own files tell the number
  expect(metrics['kid']).toMatchObject({ value: null, reason: expect.stringContaining('statistics') });
  expect([map, neighbours]).toEqual([null, null]);
});

test('features and statistics of two networks are refused in one sentence', async () => {
  const out = join(folder, 'wide.npz');
  const wide = features('wide', 40, 30);
  await started.engine.featureMoments({ features: wide, out, overwrite: false, meta: '' }, () => undefined, signal);
  await expect(measure({ reference: { kind: 'statistics', path: out } })).rejects.toMatchObject({
    kind: 'bad-input',
    file: out,
    message: expect.stringMatching(/^The reference has 30 dimensions, these pictures’ features have 24:/),
  });
  const narrow = join(folder, 'narrow.npz');
  const few = features('narrow', 40, 8);
  await started.engine.featureMoments(
    { features: few, out: narrow, overwrite: false, meta: '' },
    () => undefined,
    signal,
  );
  await expect(started.engine.frechet({ a: out, b: narrow }, () => undefined, signal)).rejects.toThrow(
    'wide.npz has 30 dimensions and narrow.npz 8',
  );
  await expect(
    started.engine.featureMoments(
      { features: features('one', 1, 8), out: join(folder, 'one.npz'), overwrite: false, meta: '' },
      () => undefined,
      signal,
    ),
  ).rejects.toThrow('Statistics need two pictures');
});

test('features that are not numbers are refused, and huge ones give a reason in place of an infinity', async () => {
  const path = join(folder, 'broken.f32');
  writeFileSync(path, new Uint8Array(new Float32Array(60 * 24).fill(Number.NaN).buffer));
  await expect(measure({ generated: { path, rows: 60, columns: 24 } })).rejects.toMatchObject({ kind: 'bad-file' });
  writeFileSync(path, new Uint8Array(new Float32Array(60 * 24).map((_, i) => 1e37 * (i % 7)).buffer));
  const { metrics } = await measure({ generated: { path, rows: 60, columns: 24 } });
  const numbers = Object.values(metrics).flatMap(({ value, low, high }) => [value, low, high]);
  expect(numbers.every((number) => number === null || Number.isFinite(number))).toBe(true);
  expect(metrics['kid']).toMatchObject({ value: null, reason: expect.stringContaining('too large') });
  const none = await measure({ generated: { ...features('none', 16, 24), rows: 0, path: emptyFile() } });
  expect(Object.values(none.metrics).every(({ value, reason }) => value === null && reason !== null)).toBe(true);
  expect([none.map, none.neighbours]).toEqual([null, null]);
});

function emptyFile(): string {
  const path = join(folder, 'empty.f32');
  writeFileSync(path, '');
  return path;
}

test('a metric that is not there is refused with those that are', async () => {
  await expect(measure({ metrics: ['kid', 'beauty'] })).rejects.toThrow(
    'There is no metric beauty on sets: choose kid, precision, recall, density, coverage, vendi, fid, fid_infinity.',
  );
});

test('a long measurement stops soon, and other calls get through meanwhile', async () => {
  const abort = new AbortController();
  const generated = features('many', 900, 700);
  const reference = { kind: 'features', matrix: features('others', 900, 700) } as const;
  let stopped = false;
  const work = measure({ generated, reference, metrics: ['fid'] }, [], abort.signal).finally(() => (stopped = true));
  work.catch(() => undefined);
  const { metrics } = await started.engine.capabilities();
  expect(metrics.map(({ id }) => id)).toEqual([
    'kid',
    'clip',
    'precision',
    'recall',
    'density',
    'coverage',
    'vendi',
    'fid',
    'fid_infinity',
    'clip_paper',
  ]);
  await measure({ metrics: ['kid'], pictures: false });
  expect(stopped).toBe(false);
  abort.abort();
  await expect(work).rejects.toMatchObject({ kind: 'cancelled' });
  expect((await measure({ metrics: ['kid'], pictures: false })).metrics['kid']!.value).not.toBeNull();
});

test('pictures are scored against their captions', async () => {
  const pictures = features('shown', 5, 8, 1);
  const texts = features('said', 5, 8, 1);
  const request = { pictures, texts, prefixed: null, captions: [0, 1, 2, 3, 4] };
  const reply = await started.engine.measureCaptions(
    { ...request, against: null, metrics: ['clip', 'clip_paper'] },
    signal,
  );
  expect(reply.scores).toHaveLength(5);
  expect(reply.metrics['clip']!.value).toBeCloseTo(reply.scores.reduce((sum, score) => sum + score, 0) / 5, 10);
  expect(reply.metrics['clip_paper']).toMatchObject({ value: null });
  const same = await started.engine.measureCaptions({ ...request, against: request, metrics: ['clip'] }, signal);
  expect(same.differences['clip']).toEqual({ value: 0, low: 0, high: 0, clear: false });
  await expect(
    started.engine.measureCaptions({ ...request, captions: [1], against: null, metrics: ['clip'] }, signal),
  ).rejects.toThrow('5 pictures have 1 captions');
  await expect(
    started.engine.measureCaptions(
      { ...request, texts: features('wider', 5, 9), against: null, metrics: ['clip'] },
      signal,
    ),
  ).rejects.toThrow('vectors of two kinds');
});
