import { engineCalls } from '../../app/contracts/engine.js';
import type { Device } from '../../app/contracts/capabilities.js';
import { SupervisedChild } from './supervised-child.js';
import type { SupervisorOptions } from './supervisor-config.js';
import { typedCalls } from './typed-calls.js';

/**
 * Which devices answer on this machine. Asking a graphics driver can end a process with no exception, so an engine
 * that does nothing else is asked and thrown away.
 */
export async function probeDevices(engine: SupervisorOptions): Promise<Device[]> {
  const child = new SupervisedChild({ ...engine, keepRunning: false, args: ['--probe'] });
  try {
    return await typedCalls(child, engineCalls)('devices', {}, { signal: AbortSignal.timeout(probeTimeoutMs) });
  } finally {
    await child.close();
  }
}

/** A driver's first start compiles shaders: seconds, not minutes. */
const probeTimeoutMs = 20_000;
