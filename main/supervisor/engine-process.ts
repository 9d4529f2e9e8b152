import { release } from 'node:os';
import type { Device, DeviceId, DeviceWish } from '../../app/contracts/capabilities.js';
import { engineCalls, type Engine } from '../../app/contracts/engine.js';
import { deviceInUse } from './device-in-use.js';
import { rememberDevices } from './device-memory.js';
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

export interface EngineProcessOptions extends Omit<SupervisorOptions, 'name' | 'title'> {
  /** File that remembers what the device probe found; null or absent: it is probed once in every process. */
  readonly deviceMemory?: string | null;
}

/** An `Engine` in a process of its own, started with its first call. */
export function startEngineProcess({ deviceMemory = null, ...options }: EngineProcessOptions): EngineProcess {
  const config: SupervisorOptions = { ...options, name: 'engine', title: 'Inkstone engine' };
  const child = new SupervisedChild(config);
  const call = typedCalls(child, engineCalls);

  let probed: Promise<Device[]> | null = null;
  const devices = () => {
    probed ??= probe().catch((error: unknown) => {
      probed = null; // one that failed is tried again
      throw error;
    });
    return probed;
  };
  const probe = async () => {
    const { versions } = await call('capabilities', {});
    const version = `${versions.inkstone} ${versions.onnxruntime} ${process.platform} ${process.arch} ${release()}`;
    return rememberDevices(deviceMemory, version, () => probeDevices(config));
  };
  /** The engine runs on what it is told; which device `auto` means is known here, from the probe. */
  const chosen = async (wish: DeviceWish): Promise<DeviceId> =>
    wish === 'auto' ? (deviceInUse(await devices(), 'auto')?.id ?? 'cpu') : wish;

  const engine: Engine = {
    capabilities: () => call('capabilities', {}),
    devices,
    generate: async (request, onProgress, signal) =>
      call('generate', { ...request, device: await chosen(request.device) }, { onProgress, signal }),
    inspectLatents: (request) => call('inspectLatents', request),
    run: async (request, signal) => call('run', { ...request, device: await chosen(request.device) }, { signal }),
    prepareAdapters: async (request) => {
      await call('prepareAdapters', { ...request, device: await chosen(request.device) });
    },
    imageSimilarity: async (request) => call('imageSimilarity', { ...request, device: await chosen(request.device) }),
    countTokens: (request) => call('countTokens', request),
    generateText: async (request, onProgress, signal) =>
      call('generateText', { ...request, device: await chosen(request.device) }, { onProgress, signal }),
    languageModelFacts: (request) => call('languageModelFacts', request),
    countChatTokens: (request) => call('countChatTokens', request),
    featureNetwork: (request) => call('featureNetwork', request),
    embedPictures: async (request, signal) =>
      call('embedPictures', { ...request, device: await chosen(request.device) }, { signal }),
    embedTexts: async (request, signal) =>
      call('embedTexts', { ...request, device: await chosen(request.device) }, { signal }),
    measureSets: (request, onProgress, signal) => call('measureSets', request, { onProgress, signal }),
    measureCaptions: (request, signal) => call('measureCaptions', request, { signal }),
    featureMoments: (request, onProgress, signal) => call('featureMoments', request, { onProgress, signal }),
    frechet: (request, onProgress, signal) => call('frechet', request, { onProgress, signal }),
    unload: async () => {
      // A child that does not run holds nothing.
      if (child.status().pid !== null) await call('unload', {});
    },
  };
  return { engine, child, close: () => child.close() };
}
