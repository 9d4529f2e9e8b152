import type { Device } from '../../app/contracts/capabilities.js';
import { engineCalls, type Engine } from '../../app/contracts/engine.js';
import { probeDevices } from './device-probe.js';
import { SupervisedChild } from './supervised-child.js';
import type { SupervisorOptions } from './supervisor-config.js';
import { typedCalls } from './typed-calls.js';

export interface EngineProcess {
  readonly engine: Engine;
  /** Its process: status, warm start, end. */
  readonly child: SupervisedChild;
  /** Ends it; the engine answers no more. */
  close(): Promise<void>;
}

/** An `Engine` in a process of its own, started with its first call. */
export function startEngineProcess(options: Omit<SupervisorOptions, 'name' | 'title'>): EngineProcess {
  const config: SupervisorOptions = { ...options, name: 'engine', title: 'Inkstone engine' };
  const child = new SupervisedChild(config);
  const call = typedCalls(child, engineCalls);
  let devices: Promise<Device[]> | null = null;
  const engine: Engine = {
    capabilities: () => call('capabilities', {}),
    // Remembered as long as this process runs; a probe that failed is tried again.
    devices: () => {
      devices ??= probeDevices(config).catch((error: unknown) => {
        devices = null;
        throw error;
      });
      return devices;
    },
    generate: (request, onProgress, signal) => call('generate', request, { onProgress, signal }),
    inspectLatents: (request) => call('inspectLatents', request),
    run: (request, signal) => call('run', request, { signal }),
    countTokens: (request) => call('countTokens', request),
    unload: async () => {
      // A child that does not run holds nothing.
      if (child.status().pid !== null) await call('unload', {});
    },
  };
  return { engine, child, close: () => child.close() };
}
