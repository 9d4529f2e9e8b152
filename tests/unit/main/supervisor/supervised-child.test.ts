import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChildEnd } from '../../../../main/supervisor/child-end.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { SupervisedChild } from '../../../../main/supervisor/supervised-child.js';
import type { SupervisorConfig } from '../../../../main/supervisor/supervisor-config.js';
import { typedCalls } from '../../../../main/supervisor/typed-calls.js';
import { bundleChild } from './bundle-child.js';
import { testCalls } from './test-calls.js';

// Real processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let bundle: Awaited<ReturnType<typeof bundleChild>>;
const children: SupervisedChild[] = [];

beforeAll(async () => {
  bundle = await bundleChild(new URL('./test-child.ts', import.meta.url));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.close()));
});
afterAll(() => bundle.remove());

function supervise(config: Partial<SupervisorConfig> = {}) {
  const child = new SupervisedChild({
    name: 'engine',
    title: 'test',
    host: forkHost,
    entry: bundle.file,
    backOffMs: [0],
    ...config,
  });
  children.push(child);
  const crashes: ChildEnd[] = [];
  child.onCrash((end) => crashes.push(end));
  return { child, crashes, call: typedCalls(child, testCalls) };
}

const pidOf = (child: SupervisedChild): number => {
  const { pid } = child.status();
  if (pid === null) throw new Error('No child runs.');
  return pid;
};

describe('a call', () => {
  test('starts the child and gets its answer', async () => {
    const { child, call } = supervise();
    expect(child.status().state).toBe('idle');
    await expect(call('echo', { text: 'ink' })).resolves.toBe('ink');
    expect(child.status()).toMatchObject({ state: 'ready', lastCrash: null });
  });

  test('carries bytes as bytes', async () => {
    const { call } = supervise();
    await expect(call('bytes', { bytes: Uint8Array.of(1, 2, 3) })).resolves.toEqual(Uint8Array.of(2, 3, 4));
  });

  test('reports progress in order before its reply', async () => {
    const { call } = supervise();
    const seen: number[] = [];
    await call('count', { to: 4 }, { onProgress: (n) => seen.push(n) });
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('that the child refuses rejects with kind, sentence and file', async () => {
    const { call } = supervise();
    await expect(call('refuse', {})).rejects.toMatchObject({
      name: 'StudioError',
      kind: 'bad-file',
      message: 'model.safetensors is cut short.',
      file: '/models/model.safetensors',
    });
  });

  test('that fails by a fault of ours rejects as internal, with the stack of where it happened', async () => {
    const { call } = supervise();
    await expect(call('fail', {})).rejects.toMatchObject({
      kind: 'internal',
      stack: expect.stringContaining('child.js'),
    });
  });

  test('whose request does not fit is refused by the child', async () => {
    const { child } = supervise();
    const request = { call: 'echo', request: { text: 5 }, onProgress: () => undefined, signal: null };
    await expect(child.call(request)).rejects.toMatchObject({
      kind: 'internal',
      message: expect.stringContaining('text'),
    });
  });

  test('of an unknown name is refused by the child', async () => {
    const { child } = supervise();
    const request = { call: 'toString', request: {}, onProgress: () => undefined, signal: null };
    await expect(child.call(request)).rejects.toMatchObject({ kind: 'internal' });
  });

  test('whose reply does not fit is refused by the parent', async () => {
    const { call } = supervise();
    await expect(call('lie', {})).rejects.toMatchObject({ kind: 'internal', message: expect.stringContaining('lie') });
  });
});

describe('cancelling', () => {
  test('reaches the child, which goes on living', async () => {
    const { child, call, crashes } = supervise();
    await child.warm();
    const pid = pidOf(child);
    const controller = new AbortController();
    const waiting = call('wait', {}, { signal: controller.signal });
    await sleep(20);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    expect(pidOf(child)).toBe(pid);
    expect(crashes).toEqual([]);
  });

  test('before the child is there rejects at once', async () => {
    const { call } = supervise();
    const controller = new AbortController();
    const waiting = call('wait', {}, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('a child that does not obey in time kills it; the next call has a new one', async () => {
    const { child, call, crashes } = supervise({ cancelGraceMs: 200 });
    await child.warm();
    const pid = pidOf(child);
    const controller = new AbortController();
    const blocked = call('block', { ms: 60_000 }, { signal: controller.signal });
    const beside = call('wait', {});
    await sleep(50);
    controller.abort();
    await expect(blocked).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(beside).rejects.toMatchObject({ kind: 'engine-lost' });
    expect(crashes.map(({ reason }) => reason)).toEqual(['stuck']);
    await expect(call('echo', { text: 'back' })).resolves.toBe('back');
    expect(pidOf(child)).not.toBe(pid);
  });
});

describe('a child that ends', () => {
  test('by kill -9 rejects its calls with the reason in a sentence, and the next call has a new one', async () => {
    const { child, call, crashes } = supervise();
    await child.warm();
    const waiting = call('wait', {});
    await sleep(20);
    process.kill(pidOf(child), 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({
      kind: 'engine-lost',
      message: 'The engine stopped: it was killed from outside.',
    });
    expect(crashes).toMatchObject([{ reason: 'killed', signal: 'SIGKILL' }]);
    expect(child.status().state).toBe('restarting');
    await expect(call('echo', { text: 'back' })).resolves.toBe('back');
  });

  test.each([
    { how: 'abort', reason: 'crashed', sentence: 'The engine crashed (SIGABRT).' },
    { how: 'exit', reason: 'failed', sentence: 'The engine stopped with an error (exit code 7).' },
    { how: 'throw', reason: 'failed', sentence: 'The engine stopped with an error (exit code 1).' },
  ] as const)('by $how is told apart as $reason', async ({ how, reason, sentence }) => {
    const { call, crashes } = supervise();
    await expect(call('die', { how })).rejects.toMatchObject({ kind: 'engine-lost', message: sentence });
    expect(crashes).toMatchObject([{ reason }]);
  });

  test('with an uncaught error leaves its last words', async () => {
    const { call, crashes } = supervise();
    await expect(call('die', { how: 'throw' })).rejects.toMatchObject({ kind: 'engine-lost' });
    expect(crashes[0]?.lastWords).toContain('nobody caught this');
  });

  test('comes back by itself when it is to be kept running', async () => {
    const { child } = supervise({ keepRunning: true });
    await child.warm();
    const pid = pidOf(child);
    const back = new Promise<void>((resolve) => {
      child.onStatus(({ state, pid: now }) => {
        if (state === 'ready' && now !== pid) resolve();
      });
    });
    process.kill(pid, 'SIGKILL');
    await back;
    expect(pidOf(child)).not.toBe(pid);
  });

  test('when it was asked to is an exit, not a crash', async () => {
    const { child, crashes } = supervise();
    const exits: ChildEnd[] = [];
    child.onExit((end) => exits.push(end));
    await child.warm();
    await child.stop();
    expect(exits).toMatchObject([{ reason: 'asked', code: 0 }]);
    expect(crashes).toEqual([]);
    expect(child.status().state).toBe('idle');
  });

  test('that was asked to and does not is killed after its grace', async () => {
    const { child, call } = supervise({ stopGraceMs: 200 });
    await child.warm();
    const blocked = call('block', { ms: 60_000 });
    const refused = expect(blocked).rejects.toMatchObject({ kind: 'engine-lost' });
    await sleep(50);
    const started = performance.now();
    await child.close();
    await refused;
    expect(performance.now() - started).toBeLessThan(15_000);
    await expect(call('echo', { text: 'too late' })).rejects.toMatchObject({ message: 'The engine was closed.' });
  });
});

describe('a child that does not start', () => {
  test('in time is killed, and the call says so', async () => {
    const { call, crashes } = supervise({ args: ['never-ready'], startTimeoutMs: 300 });
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ message: 'The engine did not start in time.' });
    expect(crashes).toMatchObject([{ reason: 'not-started' }]);
  });

  test('again and again ends in failed, and is left alone', async () => {
    const crashLoop = { ends: 3, withinMs: 60_000 };
    const { child, call, crashes } = supervise({ args: ['dies'], crashLoop });
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    }
    expect(child.status().state).toBe('failed');
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('stopped 3 times'),
    });
    expect(crashes).toHaveLength(3);
  });

  test('is tried again once its crashes are long enough ago', async () => {
    const { child, call, crashes } = supervise({ args: ['dies'], crashLoop: { ends: 1, withinMs: 300 } });
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    expect(child.status().state).toBe('failed');
    await sleep(350);
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    expect(crashes).toHaveLength(2);
  });

  test('waits longer before each restart', async () => {
    const { call } = supervise({ args: ['dies'], backOffMs: [0, 400] });
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    const started = performance.now();
    await expect(call('echo', { text: 'x' })).rejects.toMatchObject({ kind: 'engine-lost' });
    expect(performance.now() - started).toBeGreaterThan(350);
  });
});

test('a child ends itself when its parent is killed', async () => {
  // A parent of its own, so that it can be killed: it starts the test child and tells its process id.
  const parent = spawn(process.execPath, ['-e', parentSource, bundle.file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});

const parentSource = `
  const child = require('node:child_process').fork(process.argv[1], [], { serialization: 'advanced' });
  child.once('message', () => console.log(child.pid));
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // In a container nobody may collect an orphan: then it stays in the list, as a zombie.
  return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
