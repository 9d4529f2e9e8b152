/** Devices: which there are, what `auto` means, and a probe that tells rather than throws. */
import { expect, test } from 'vitest';

import { chooseDevice, possibleDevices, probeDevice } from '../../../../native-models/runtime/devices.js';

test('every platform ends with the CPU', () => {
  expect(possibleDevices('win32', 'x64')).toEqual(['cuda', 'dml', 'webgpu', 'cpu']);
  expect(possibleDevices('linux', 'arm64')).toEqual(['cpu']);
  expect(possibleDevices('darwin', 'x64')).toEqual(['cpu']);
});

test('auto takes the best proven device that works, a person may choose any', () => {
  const works = (device: 'cuda' | 'webgpu' | 'cpu') => ({ device, works: true, reason: null });
  expect(chooseDevice('auto', [works('cpu')])).toBe('cpu');
  expect(chooseDevice('auto', [works('cuda'), works('cpu')])).toBe('cpu');
  expect(chooseDevice('auto', [])).toBe('cpu');
  expect(chooseDevice('cuda', [])).toBe('cuda');
});

test('the CPU answers a probe; an absent device gives its reason', async () => {
  expect(await probeDevice('cpu')).toEqual({ device: 'cpu', works: true, reason: null });
  const { works, reason } = await probeDevice('dml');
  if (process.platform !== 'win32') expect({ works, reason }).toEqual({ works: false, reason: expect.any(String) });
});
