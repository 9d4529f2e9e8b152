/**
 * Where networks can run. onnxruntime-node 1.30 brings, beside the CPU: WebGPU on Windows, Linux x64 and macOS arm64,
 * DirectML on Windows, CoreML on macOS arm64, CUDA on Linux x64 and Windows when the user installs it.
 */
import type { Device } from '../onnx/operator-table.js';
import { runProbe } from './probe.js';

export type { Device };

/** No machine at hand can run these, so no test has: said wherever they can be chosen. */
export const unprovenDevices: readonly Device[] = ['cuda', 'dml', 'coreml'];

/** Devices that this platform's package may have, best first; the last is always the CPU. */
export function possibleDevices(platform = process.platform, arch: string = process.arch): readonly Device[] {
  if (platform === 'win32') return arch === 'x64' ? ['cuda', 'dml', 'webgpu', 'cpu'] : ['dml', 'webgpu', 'cpu'];
  if (platform === 'linux' && arch === 'x64') return ['cuda', 'webgpu', 'cpu'];
  if (platform === 'darwin' && arch === 'arm64') return ['coreml', 'webgpu', 'cpu'];
  return ['cpu'];
}

export interface DeviceProbe {
  readonly device: Device;
  readonly works: boolean;
  /** Why it does not, in one sentence. */
  readonly reason: string | null;
  /** Of the probe's product; null where it does not work. Comparable within one process only. */
  readonly milliseconds: number | null;
}

/**
 * Try one product on a device. Call it in a process that may die: a broken driver can take the process with it.
 * The answer should be remembered until the driver or the studio changes.
 */
export async function probeDevice(device: Device): Promise<DeviceProbe> {
  try {
    return { device, works: true, reason: null, milliseconds: await runProbe(device) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { device, works: false, reason, milliseconds: null };
  }
}
