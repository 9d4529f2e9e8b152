import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../../../app/contracts/capabilities.js';
import { deviceInUse } from '../../../../main/supervisor/device-in-use.js';
import { deviceMemoryIn, rememberDevices } from '../../../../main/supervisor/device-memory.js';
import { probeDevices } from '../../../../main/supervisor/device-probe.js';
import { forkHost } from '../../../../main/supervisor/fork-host.js';
import { bundleChild } from './bundle-child.js';

const device = (id: Device['id'], more: Partial<Device> = {}): Device => ({
  id,
  name: id,
  available: true,
  reason: null,
  proven: true,
  slow: false,
  ...more,
});

describe('asking the devices', () => {
  let bundle: Awaited<ReturnType<typeof bundleChild>>;
  beforeAll(async () => {
    bundle = await bundleChild(new URL('./fragile-devices-child.ts', import.meta.url));
  });
  afterAll(() => bundle.remove());

  test('survives drivers that end the process or hang, and says which', async () => {
    const engine = { name: 'engine', title: 'test', host: forkHost, entry: bundle.file };
    const found = await probeDevices(engine, { patienceMs: 3_000 });
    expect(found.map(({ id, available, reason }) => [id, available, reason])).toEqual([
      ['cuda', false, 'It ended the process.'],
      ['webgpu', false, 'It ended the process.'],
      ['cpu', true, null],
    ]);
  }, 30_000);
});

describe('remembering the devices', () => {
  test('asks once a day for one version, and again for another or a broken file', async () => {
    const home = mkdtempSync(join(tmpdir(), 'inkstone-devices-'));
    const file = deviceMemoryIn(home);
    let asked = 0;
    const probe = async () => {
      asked += 1;
      return [device('cpu')];
    };
    await rememberDevices(file, '1', probe);
    await expect(rememberDevices(file, '1', probe)).resolves.toEqual([device('cpu')]);
    expect(asked).toBe(1);
    await rememberDevices(file, '2', probe);
    expect(asked).toBe(2);
    writeFileSync(file, '{"version":"2","devices":[{"id":"abacus"}]}');
    await rememberDevices(file, '2', probe);
    expect(asked).toBe(3);
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    utimesSync(file, yesterday, yesterday);
    await rememberDevices(file, '2', probe);
    expect(asked).toBe(4);
    rmSync(home, { recursive: true });
  });
});

describe('the device in use', () => {
  const all = [device('cuda', { proven: false }), device('webgpu', { available: false }), device('cpu')];

  test('for auto is the best that answers and is proven', () => {
    expect(deviceInUse(all, 'auto')?.id).toBe('cpu');
    expect(deviceInUse([device('webgpu'), device('cpu')], 'auto')?.id).toBe('webgpu');
    expect(deviceInUse([device('webgpu', { slow: true }), device('cpu')], 'auto')?.id).toBe('cpu');
  });

  test('is the one that was chosen, also when it does not answer', () => {
    expect(deviceInUse(all, 'webgpu')).toMatchObject({ id: 'webgpu', available: false });
  });

  test('is not known before anyone answered', () => {
    expect(deviceInUse([], 'auto')).toBeNull();
  });
});
