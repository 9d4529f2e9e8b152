import { cpus } from 'node:os';
import type { Device, DeviceId } from '../../app/contracts/capabilities.js';
import { possibleDevices, probeDevice, unprovenDevices } from '../../native-models/runtime/devices.js';

/** Devices that this process was told to leave out: one of them has ended a process like this. */
const leftOut = process.argv.find((_, index, all) => all[index - 1] === '--probe-devices-but')?.split(',') ?? [];

/**
 * Try each device. It is told before it is tried, and again when it answered, so that whoever asked knows which one
 * ended this process.
 */
export async function devices(_request: object, { progress }: { progress(device: Device): void }): Promise<Device[]> {
  const found: { device: Device; milliseconds: number }[] = [];
  for (const id of possibleDevices()) {
    if (leftOut.includes(id)) continue;
    const device = { id, name: nameOf(id), proven: !unprovenDevices.includes(id), slow: false };
    progress({ ...device, available: false, reason: 'The process that tried it ended without an answer.' });
    const { works, reason, milliseconds } = await probeDevice(id);
    const answered = { ...device, available: works, reason: reason === null ? null : firstSentence(reason) };
    progress(answered);
    found.push({ device: answered, milliseconds: milliseconds ?? 0 });
  }
  const processor = found.find(({ device }) => device.id === 'cpu')?.milliseconds ?? Infinity;
  return found.map(({ device, milliseconds }) => ({ ...device, slow: milliseconds > processor }));
}

function nameOf(id: DeviceId): string {
  switch (id) {
    case 'cpu':
      return cpus()[0]?.model.trim() || 'Processor';
    case 'cuda':
      return 'NVIDIA graphics card (CUDA)';
    case 'dml':
      return 'Graphics card (DirectML)';
    case 'coreml':
      return 'Apple Neural Engine and graphics (Core ML)';
    case 'webgpu':
      return 'Graphics card (WebGPU)';
  }
}

/** The runtime's words go on with file names and lines of its own source. */
const firstSentence = (words: string): string => words.split('\n', 1)[0]?.slice(0, 300) ?? '';
