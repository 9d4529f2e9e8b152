import { workerCalls } from '../../app/contracts/worker.js';
import { serveCalls } from '../supervisor/child-side/serve-calls.js';
import { hashFile } from './hash-file.js';
import { inspectModel } from './inspect-model.js';
import { makeThumbnail } from './make-thumbnail.js';
import { readPicture } from './read-picture.js';
import { savePicture } from './save-picture.js';

/** The worker process: work that takes long or reads files from strangers, without ONNX Runtime. */
process.title = 'Inkstone worker';
serveCalls(workerCalls, { inspectModel, hashFile, savePicture, readPicture, makeThumbnail });
