import { beforeEach, expect, test, vi } from 'vitest';
import type { CodeAnswer, CodeOrder } from '../../../../renderer/chat/code-colours.js';

/** Workers that were started; what they answer is said by the test. */
let workers: FakeWorker[];
class FakeWorker extends EventTarget {
  readonly orders: CodeOrder[] = [];
  ended = false;
  constructor() {
    super();
    workers.push(this);
  }
  postMessage(order: CodeOrder): void {
    this.orders.push(order);
  }
  terminate(): void {
    this.ended = true;
  }
  say(answer: CodeAnswer): void {
    this.dispatchEvent(new MessageEvent('message', { data: answer }));
  }
}

let colours: typeof import('../../../../renderer/chat/code-colours.js');
beforeEach(async () => {
  workers = [];
  vi.useFakeTimers();
  vi.stubGlobal('Worker', FakeWorker);
  vi.resetModules();
  colours = await import('../../../../renderer/chat/code-colours.js');
});

test('texts go to one worker, one after the other, and are remembered', async () => {
  const [one, two] = [colours.askPieces('a', 'ts'), colours.askPieces('b', 'ts')];
  const [worker] = workers;
  expect(worker?.orders.map(({ text }) => text)).toEqual(['a']);
  worker?.say({ id: worker.orders[0]!.id, pieces: [['a', 'keyword']] });
  worker?.say({ id: worker.orders[1]!.id, pieces: null });
  expect(await one).toEqual([['a', 'keyword']]);
  expect(await two).toBeNull();
  expect(workers).toHaveLength(1);
  expect(colours.knownPieces('a', 'ts')).toEqual([['a', 'keyword']]);
  expect(colours.knownPieces('b', 'ts')).toBeNull();
  expect(colours.knownPieces('a', 'py')).toBeUndefined();
});

test('a text that takes too long stays without colours, and the next one gets another worker', async () => {
  const [slow, next] = [colours.askPieces('slow', 'ts'), colours.askPieces('next', 'ts')];
  await vi.advanceTimersByTimeAsync(11_000);
  expect(await slow).toBeNull();
  const [first, second] = workers;
  expect([first?.ended, second?.ended]).toEqual([true, false]);
  // What the first one says after its end is not heard.
  first?.say({ id: second!.orders[0]!.id - 1, pieces: [] });
  second?.say({ id: second.orders[0]!.id, pieces: [['next', null]] });
  expect(await next).toEqual([['next', null]]);
});

test('a text without a language, or too long to be drawn in pieces, asks no worker', async () => {
  expect(await colours.askPieces('a', '')).toBeNull();
  expect(await colours.askPieces('x'.repeat(20_001), 'ts')).toBeNull();
  expect(workers).toEqual([]);
});
