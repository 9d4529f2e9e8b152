import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EmbedPicturesRequest, FeatureNetwork } from '../../../../app/contracts/features.js';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { FeatureStore, type FeatureSetRequest } from '../../../../app/evaluation/feature-store.js';

let scratch: string;
let folder: string;
let out: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'inkstone-features-'));
});
beforeEach(() => {
  const home = mkdtempSync(join(scratch, 'home-'));
  folder = join(home, 'features');
  out = join(home, 'matrix.f32');
});
afterAll(() => rmSync(scratch, { recursive: true }));

const network: FeatureNetwork = {
  kind: 'inception',
  path: '/models/inception.safetensors',
  label: 'inception.safetensors',
  side: 2,
  dimensions: 3,
  batch: 4,
  readsText: false,
  preparation: { kind: 'inception', mode: 'pytorch-fid' },
  hashedFile: '/models/inception.safetensors',
  config: '',
  notices: [],
};

interface Log {
  prepared: string[];
  batches: number[];
}

/** `/p/7.png` is a picture of sevens; a path with `broken`, `lost` or `grey` in it is one. */
function storeWith(log: Log = { prepared: [], batches: [] }, embed = vectorsOf) {
  const store = new FeatureStore({
    folder,
    worker: {
      async preparePicture({ path }) {
        log.prepared.push(path);
        if (path.includes('broken')) throw new StudioError('bad-file', 'is cut short', { file: path });
        if (path.includes('lost')) throw new StudioError('engine-lost', 'The worker ended.');
        const notes = path.includes('grey') ? ['16 bits a channel, 8 used'] : [];
        return { pixels: new Float32Array(12).fill(numberOf(path)), width: 5, height: 4, format: 'png', notes };
      },
    },
    engine: {
      async embedPictures(request) {
        log.batches.push(request.count);
        return { vectors: embed(request), device: 'cpu' };
      },
    },
  });
  return { store, log };
}

const numberOf = (path: string): number => Number(/\d+/.exec(path)![0]);

function vectorsOf({ pixels, count }: EmbedPicturesRequest): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: 3 * count }, (_, k) => pixels[12 * Math.floor(k / 3)]! + (k % 3) / 4);
}

const sha256Of = (content: string): string => content.padEnd(64, '-');
const picture = (number: number, kind = '') => ({ path: `/p/${number}${kind}.png`, sha256: sha256Of(`${number}`) });
const pictures = (count: number) => Array.from({ length: count }, (_, k) => picture(k + 1));

const request = (given: FeatureSetRequest['pictures'], more: Partial<FeatureSetRequest> = {}): FeatureSetRequest => ({
  network,
  sha256OfNetwork: sha256Of('a'),
  device: 'cpu',
  pictures: given,
  out,
  onProgress: () => undefined,
  signal: new AbortController().signal,
  ...more,
});

function matrix(): number[][] {
  const { buffer, byteOffset, byteLength } = readFileSync(out);
  const numbers = [...new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))];
  return Array.from({ length: numbers.length / 3 }, (_, row) => numbers.slice(3 * row, 3 * row + 3));
}
const row = (number: number): number[] => [number, number + 0.25, number + 0.5];
const featureFiles = (ending: string): string[] => {
  const [network] = readdirSync(folder);
  return readdirSync(join(folder, network!))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, network!, name));
};

test('the matrix has the pictures in their order, and a second call computes nothing', async () => {
  const { store, log } = storeWith();
  const first = await store.set(request(pictures(10)));
  expect(first).toMatchObject({
    matrix: { path: out, rows: 10, columns: 3 },
    kept: pictures(10).map((_, index) => index),
    skipped: [],
    computed: 10,
    device: 'cpu',
  });
  expect(matrix()).toEqual(pictures(10).map((_, k) => row(k + 1)));
  expect(log.batches).toEqual([4, 4, 2]);

  const reversed = pictures(10).toReversed();
  expect(await store.set(request(reversed))).toMatchObject({ computed: 0, device: null });
  expect(matrix()).toEqual(reversed.map(({ path }) => row(numberOf(path))));
  expect(log.prepared).toHaveLength(10);
});

test('adding two pictures costs two, in another process too', async () => {
  await storeWith().store.set(request(pictures(5)));
  const { store, log } = storeWith();
  expect(await store.set(request(pictures(7)))).toMatchObject({ computed: 2 });
  expect(log.prepared).toEqual(['/p/6.png', '/p/7.png']);
  expect(matrix()).toEqual(pictures(7).map((_, k) => row(k + 1)));
});

test('pictures of one content are computed once, and are as many rows as there are files', async () => {
  const { store, log } = storeWith();
  const told: number[] = [];
  const twice = [picture(1), picture(2), { ...picture(1), path: '/copies/1.png' }, picture(3)];
  const set = await store.set(request(twice, { onProgress: ({ done }) => told.push(done) }));
  expect(set).toMatchObject({ kept: [0, 1, 2, 3], computed: 3 });
  expect(matrix()).toEqual([row(1), row(2), row(1), row(3)]);
  expect(log.prepared).toHaveLength(3);
  expect(told).toEqual([0, 4]);
});

test('what cannot be read is left out and told, and asked again the next time', async () => {
  const { store, log } = storeWith();
  const mixed = [picture(1), picture(2, '-broken'), picture(3)];
  const expected = { kept: [0, 2], skipped: [{ index: 1, reason: 'is cut short' }], matrix: { rows: 2 } };
  expect(await store.set(request(mixed))).toMatchObject(expected);
  expect(matrix()).toEqual([row(1), row(3)]);
  expect(await store.set(request(mixed))).toMatchObject({ ...expected, computed: 0 });
  expect(log.prepared.filter((path) => path.includes('broken'))).toHaveLength(2);
});

test('notes are counted, also where the vectors were known', async () => {
  const { store } = storeWith();
  const mixed = [picture(1, '-grey'), picture(2), picture(3, '-grey')];
  const notes = [{ note: '16 bits a channel, 8 used', count: 2 }];
  expect(await store.set(request(mixed))).toMatchObject({ notes, computed: 3 });
  expect(await store.set(request(mixed))).toMatchObject({ notes, computed: 0 });
});

test.each<[string, Partial<FeatureSetRequest>]>([
  ['another network', { sha256OfNetwork: sha256Of('b') }],
  ['another way to prepare', { network: { ...network, preparation: { kind: 'inception', mode: 'clean-fid' } } }],
  ['another config of the same weights', { network: { ...network, config: 'gelu' } }],
])('%s has vectors of its own', async (_, other) => {
  const { store } = storeWith();
  await store.set(request(pictures(3)));
  expect(await store.set(request(pictures(3), other))).toMatchObject({ computed: 3 });
  expect(await store.set(request(pictures(3)))).toMatchObject({ computed: 0 });
});

test('stopped, it keeps what was computed, and goes on from there', async () => {
  const aborter = new AbortController();
  const { store } = storeWith();
  const stopping = request(pictures(20), {
    onProgress: ({ done }) => {
      if (done === 8) aborter.abort();
    },
    signal: aborter.signal,
  });
  await expect(store.set(stopping)).rejects.toMatchObject({ kind: 'cancelled' });
  expect(await store.set(request(pictures(20)))).toMatchObject({ computed: 12, matrix: { rows: 20 } });
});

test('half a line and half a vector at the end, and a vector that the disk lost, are computed anew', async () => {
  await storeWith().store.set(request(pictures(4)));
  const [lines] = featureFiles('.jsonl');
  const [vectors] = featureFiles('.f32');
  const text = readFileSync(lines!, 'utf8');
  writeFileSync(lines!, text.slice(0, -20)); // the fourth line
  truncateSync(vectors!, 4 * 3 * 2 + 5); // in the third vector
  const { store, log } = storeWith();
  expect(await store.set(request(pictures(4)))).toMatchObject({ computed: 2, matrix: { rows: 4 } });
  expect(matrix()).toEqual(pictures(4).map((_, k) => row(k + 1)));
  expect(log.prepared.toSorted()).toEqual(['/p/3.png', '/p/4.png']);

  appendFileSync(lines!, 'no line of ours\n');
  writeFileSync(vectors!, new Float32Array(12).fill(9)); // whole, but not what was written
  expect(await storeWith().store.set(request(pictures(4)))).toMatchObject({ computed: 2 });
  expect(matrix()).toEqual(pictures(4).map((_, k) => row(k + 1)));
});

test('two processes that compute at once write to files of their own', async () => {
  const sets = [pictures(40), pictures(60).slice(20)];
  const outs = sets.map((_, index) => `${out}-${index}`);
  await Promise.all(sets.map((set, index) => storeWith().store.set(request(set, { out: outs[index]! }))));
  expect(featureFiles('.f32')).toHaveLength(2);
  expect(await storeWith().store.set(request(pictures(60)))).toMatchObject({ computed: 0, matrix: { rows: 60 } });
  expect(matrix()).toEqual(pictures(60).map((_, k) => row(k + 1)));
});

test('a picture that ends the worker is left out; a worker that is gone for good is no fault of the pictures', async () => {
  const { store } = storeWith();
  expect(await store.set(request([picture(1), picture(2, '-lost'), picture(3)]))).toMatchObject({
    kept: [0, 2],
    skipped: [{ index: 1, reason: '2-lost.png cannot be read: it ends the process that reads pictures.' }],
  });
  const all = Array.from({ length: 9 }, (_, k) => picture(k + 10, '-lost'));
  await expect(store.set(request(all))).rejects.toMatchObject({ kind: 'engine-lost' });
});

test('what the engine cannot do is thrown', async () => {
  const { store } = storeWith(undefined, () => {
    throw new StudioError('out-of-memory', 'There is not enough memory.');
  });
  await expect(store.set(request(pictures(3)))).rejects.toMatchObject({ kind: 'out-of-memory' });
});
