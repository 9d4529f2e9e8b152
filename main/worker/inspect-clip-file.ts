import { basename, extname } from 'node:path';
import type { ModelDescription } from '../../app/contracts/models.js';
import { requireFit } from '../../native-models/runtime/open-network.js';
import { readClipFile } from '../../native-models/weight-formats/clip-file.js';
import { requireFinite } from '../../native-models/weight-formats/non-finite.js';

/** A CLIP in a single file, of any spelling. */
export async function inspectClipFile(path: string, checkFinite: boolean): Promise<ModelDescription> {
  const files = await readClipFile(path);
  requireFit(files);
  if (checkFinite) for (const file of files.weights.files) await requireFinite(file);
  return {
    name: basename(path, extname(path)),
    path,
    kind: 'clip',
    family: 'custom',
    prediction: null,
    inChannels: null,
    format: extname(path).slice(1).toLowerCase() || 'safetensors',
    dtype: files.dtype,
    bytes: files.bytes,
    card: null,
    sizeMultiple: 8,
    nativeSize: files.config.vision.imageSize,
    hashedFile: files.weights.files[0]?.file ?? path,
    notices: ['This network compares pictures and texts: it serves Evaluate.', ...(files.notices ?? [])],
  };
}
