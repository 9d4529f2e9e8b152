import { deviceId, type Device, type DeviceId } from '../../app/contracts/capabilities.js';
import { engineCalls } from '../../app/contracts/engine.js';
import { SupervisedChild } from './supervised-child.js';
import type { SupervisorOptions } from './supervisor-config.js';
import { typedCalls } from './typed-calls.js';

/**
 * Which devices answer on this machine, best first. Asking a graphics driver can end a process with no exception, so
 * an engine that does nothing else is asked and thrown away. The device that ended it is left out the next time.
 */
export async function probeDevices(
  engine: SupervisorOptions,
  /** A driver's first start compiles shaders: seconds, not minutes. */
  { patienceMs = 20_000 } = {},
): Promise<Device[]> {
  const tried = new Map<DeviceId, Device>();
  for (;;) {
    const triedBefore = tried.size;
    const args = ['--probe-devices-but', [...tried.keys()].join()];
    const child = new SupervisedChild({ ...engine, args, keepRunning: false, cancelGraceMs: 0 });
    try {
      const answered = await typedCalls(child, engineCalls)(
        'devices',
        {},
        {
          onProgress: (device) => tried.set(device.id, device),
          signal: AbortSignal.timeout(patienceMs),
        },
      );
      for (const device of answered) tried.set(device.id, device);
      return [...tried.values()].toSorted((a, b) => rank(a.id) - rank(b.id));
    } catch (error) {
      if (tried.size === triedBefore) throw error;
    } finally {
      await child.close();
    }
  }
}

/** The contract lists them best first. */
const rank = (id: DeviceId): number => deviceId.options.indexOf(id);
