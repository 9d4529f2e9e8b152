import { workerCalls, type Worker } from '../../app/contracts/worker.js';
import { SupervisedChild } from './supervised-child.js';
import type { SupervisorOptions } from './supervisor-config.js';
import { typedCalls } from './typed-calls.js';

export interface WorkerProcess {
  readonly worker: Worker;
  /** Its process: status, warm start, end. */
  readonly child: SupervisedChild;
  /** Ends it; the worker answers no more. */
  close(): Promise<void>;
}

/** A `Worker` in a process of its own, started with its first call. */
export function startWorkerProcess(options: Omit<SupervisorOptions, 'name' | 'title'>): WorkerProcess {
  const child = new SupervisedChild({ ...options, name: 'worker', title: 'Inkstone worker' });
  const call = typedCalls(child, workerCalls);
  const worker: Worker = {
    inspectModel: (request) => call('inspectModel', request),
    hashFile: (request, onProgress, signal) => call('hashFile', request, { onProgress, signal }),
    savePicture: (request) => call('savePicture', request),
    readPicture: (request) => call('readPicture', request),
    makeThumbnail: async (request) => {
      await call('makeThumbnail', request);
    },
    scanAdapterFolder: (request) => call('scanAdapterFolder', request),
    describeAdapters: (request) => call('describeAdapters', request),
    fitAdapters: (request) => call('fitAdapters', request),
    inspectAdapter: (request, signal) => call('inspectAdapter', request, { signal }),
    hashAdapter: (request, onProgress, signal) => call('hashAdapter', request, { onProgress, signal }),
    makeAdapterPreview: async (request) => {
      await call('makeAdapterPreview', request);
    },
    bakeAdapters: (request, onProgress, signal) => call('bakeAdapters', request, { onProgress, signal }),
    listPictures: (request) => call('listPictures', request),
    hashPictures: (request) => call('hashPictures', request),
    preparePicture: (request) => call('preparePicture', request),
  };
  return { worker, child, close: () => child.close() };
}
