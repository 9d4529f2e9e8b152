/** Devices: which there are, what `auto` means, and a probe that tells rather than throws. */
import { expect, test } from 'vitest';

import { possibleDevices, probeDevice } from '../../../../native-models/runtime/devices.js';

test('every platform ends with the CPU', () => {
  expect(possibleDevices('win32', 'x64')).toEqual(['cuda', 'dml', 'webgpu', 'cpu']);
  expect(possibleDevices('linux', 'arm64')).toEqual(['cpu']);
  expect(possibleDevices('darwin', 'x64')).toEqual(['cpu']);
});

test('the CPU answers a probe; an absent device gives its reason', async () => {
  expect(await probeDevice('cpu')).toEqual({
    device: 'cpu',
    works: true,
    reason: null,
    milliseconds: expect.any(Number),
  });
  const { works, reason } = await probeDevice('dml');
  if (process.platform !== 'win32') expect({ works, reason }).toEqual({ works: false, reason: expect.any(String) });
});
