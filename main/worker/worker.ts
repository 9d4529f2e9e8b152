import { workerCalls } from '../../app/contracts/worker.js';
import { serveCalls } from '../supervisor/child-side/serve-calls.js';
import { bakeAdapters } from './bake-adapters.js';
import { describeAdapters } from './describe-adapters.js';
import { fitAdapters } from './fit-adapters.js';
import { hashAdapter } from './hash-adapter.js';
import { hashFile } from './hash-file.js';
import { hashPictures } from './hash-pictures.js';
import { inspectAdapter } from './inspect-adapter.js';
import { inspectModel } from './inspect-model.js';
import { listPictures } from './list-pictures.js';
import { makeAdapterPreview } from './make-adapter-preview.js';
import { makeThumbnail } from './make-thumbnail.js';
import { preparePicture } from './prepare-picture.js';
import { readPicture } from './read-picture.js';
import { savePicture } from './save-picture.js';
import { scanAdapterFolder } from './scan-adapter-folder.js';

/** The worker process: work that takes long or reads files from strangers, without ONNX Runtime. */
process.title = 'Inkstone worker';
serveCalls(workerCalls, {
  inspectModel,
  hashFile,
  savePicture,
  readPicture,
  makeThumbnail,
  scanAdapterFolder,
  describeAdapters,
  fitAdapters,
  inspectAdapter,
  hashAdapter,
  makeAdapterPreview,
  bakeAdapters,
  listPictures,
  hashPictures,
  preparePicture,
});
