import { open } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { fidInceptionSizes } from '../../native-models/architectures/fid-inception.js';
import { clipSpelling } from '../../native-models/weight-formats/clip-file.js';
import { isInception, readInception } from '../../native-models/weight-formats/inception-file.js';
import { readModelCard } from '../../native-models/weight-formats/model-card.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';
import { readWeightFile } from '../../native-models/weight-formats/read-weight-file.js';
import { isSingleFile } from '../../native-models/weight-formats/single-file/read-single-file.js';
import { isTinyAutoencoder } from '../../native-models/weight-formats/tiny-autoencoder-file.js';
import { isTorchFile } from '../../native-models/weight-formats/torch-pickle/read-torch-file.js';
import { inspectClipFile } from './inspect-clip-file.js';
import { inspectSingleFile } from './inspect-single-file.js';
import { inspectTinyAutoencoder } from './inspect-tiny-autoencoder.js';
import { refuseFile, refuseWeights } from './refuse-file.js';

/** A single file of weights that is a network by itself; any other is refused with what it is and where it belongs. */
export async function inspectWeightFile(path: string, request: { checkFinite: boolean }): Promise<ModelDescription> {
  if (!/\.safetensors$/i.test(path) && !isTorchFile(await firstBytes(path))) return refuseFile(path);
  const { tensors } = await readWeightFile(path);
  if (isSingleFile(tensors)) return inspectSingleFile(path);
  if (isTinyAutoencoder(tensors)) return inspectTinyAutoencoder(path, request.checkFinite);
  if (isInception(tensors.keys())) return inspectInception(path, request);
  if (clipSpelling(tensors.keys()) !== null) return inspectClipFile(path, request.checkFinite);
  return refuseWeights(path, tensors.keys());
}

async function inspectInception(path: string, { checkFinite }: { checkFinite: boolean }): Promise<ModelDescription> {
  const { weights, dtype, bytes } = await readInception(path);
  if (checkFinite) for (const file of weights.files) await requireFinite(file);
  const stem = basename(path, extname(path));
  const card = await readModelCard(join(dirname(path), `${stem}.inkstone.json`));
  return {
    name: card.name ?? stem,
    path,
    kind: 'inception',
    family: 'inception-v3',
    prediction: null,
    inChannels: null,
    format: /\.safetensors$/i.test(path) ? 'safetensors' : 'torch',
    dtype,
    bytes,
    card: Object.keys(card).length === 0 ? null : card,
    sizeMultiple: 1,
    nativeSize: fidInceptionSizes.side,
    hashedFile: path,
    notices: ['This network measures pictures: it serves Evaluate.'],
  };
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
