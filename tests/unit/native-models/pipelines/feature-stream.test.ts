import { setTimeout } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { streamFeatures } from '../../../../native-models/pipelines/feature-stream.js';

interface Prepared {
  readonly pixels: Float32Array;
}

/** Pictures of 3 numbers that are all the picture's own number; its vector is [number, 10 * number]. */
function stream(items: readonly number[], more: { broken?: number[]; delay?: (item: number) => number } = {}) {
  const { broken = [], delay = () => 0 } = more;
  const aborter = new AbortController();
  const log = { prepared: 0, embedded: 0, mostAhead: 0, batches: [] as number[] };
  const results = streamFeatures<number, Prepared>({
    items,
    batch: 4,
    signal: aborter.signal,
    async prepare(item) {
      log.mostAhead = Math.max(log.mostAhead, ++log.prepared - log.embedded);
      await setTimeout(delay(item));
      if (broken.includes(item)) return { problem: `${item} is broken` };
      return { pixels: new Float32Array(3).fill(item) };
    },
    async embed(pixels, count) {
      expect(pixels).toHaveLength(3 * count);
      log.batches.push(count);
      await setTimeout(5);
      log.embedded += count;
      return Float32Array.from({ length: 2 * count }, (_, k) => pixels[3 * (k >> 1)]! * (k % 2 === 0 ? 1 : 10));
    },
  });
  return { results, aborter, log };
}

async function all<Result>(results: AsyncIterable<Result>): Promise<Result[]> {
  const list: Result[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, k) => k + 1);

test('results are in the order of the pictures, however long each takes, and batches are full', async () => {
  const { results, log } = stream(numbers(22), { delay: (item) => (item * 7) % 13 });
  const told = (await all(results)).flat();
  expect(told.map(({ item }) => item)).toEqual(numbers(22));
  expect(told.map((result) => 'vector' in result && [...result.vector])).toEqual(numbers(22).map((n) => [n, 10 * n]));
  expect(log.batches).toEqual([4, 4, 4, 4, 4, 2]);
});

test('preparing runs ahead of the network, by two batches at most', async () => {
  const { results, log } = stream(numbers(200));
  for await (const batch of results) expect(batch).toHaveLength(4);
  expect(log.mostAhead).toBeGreaterThan(4);
  expect(log.mostAhead).toBeLessThanOrEqual(12);
});

test('a picture that cannot be prepared is told at its place, and the batches are filled without it', async () => {
  const { results, log } = stream(numbers(9), { broken: [1, 6] });
  const told = (await all(results)).flat();
  expect(told[0]).toEqual({ item: 1, problem: '1 is broken' });
  expect(told[5]).toEqual({ item: 6, problem: '6 is broken' });
  expect(told.map(({ item }) => item)).toEqual(numbers(9));
  expect(log.batches).toEqual([4, 3]);
});

test('nothing but broken pictures never asks the network', async () => {
  const { results, log } = stream(numbers(40), { broken: numbers(40) });
  expect((await all(results)).flat()).toHaveLength(40);
  expect(log.batches).toEqual([]);
});

test('stopped between two batches, it embeds no more', async () => {
  const { results, aborter, log } = stream(numbers(100));
  await expect(async () => {
    for await (const batch of results) if (batch[0]!.item === 5) aborter.abort();
  }).rejects.toMatchObject({ kind: 'cancelled' });
  expect(log.batches).toEqual([4, 4]);
});

test('an error that is not the picture’s ends it', async () => {
  const failing = streamFeatures<number, Prepared>({
    items: numbers(10),
    batch: 2,
    signal: new AbortController().signal,
    prepare: (item) =>
      item === 3 ? Promise.reject(new Error('the worker is gone')) : Promise.resolve({ pixels: new Float32Array(3) }),
    embed: async (_, count) => new Float32Array(count),
  });
  await expect(all(failing)).rejects.toThrow('the worker is gone');
});
