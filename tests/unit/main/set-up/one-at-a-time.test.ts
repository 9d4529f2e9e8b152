import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { oneAtATime } from '../../../../main/set-up/one-at-a-time.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkstone-lock-'));
  lock = path.join(folder, 'deep/lock');
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

test('two pieces of work never overlap, and leave no lock behind', async () => {
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await wait(20);
    log.push(`${name} ends`);
  };
  await Promise.all([oneAtATime(lock, work('first')), oneAtATime(lock, work('second'))]);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  expect(fs.readdirSync(path.dirname(lock))).toEqual([]);
});

test('work that fails frees the lock and hands on its error', async () => {
  const failing = oneAtATime(lock, () => {
    throw new Error('no network');
  });
  await expect(failing).rejects.toThrow('no network');
  expect(await oneAtATime(lock, () => 'free')).toBe('free');
});

test('the lock of a process that has died is taken over', async () => {
  const dead = spawnSync(process.execPath, ['-e', '0']).pid;
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  fs.writeFileSync(lock, String(dead));
  expect(await oneAtATime(lock, () => 'taken over')).toBe('taken over');
});
