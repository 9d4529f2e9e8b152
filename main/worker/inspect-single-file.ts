import type { ModelDescription } from '../../app/contracts/models.js';
import { readSingleFile } from '../../native-models/weight-formats/single-file/read-single-file.js';
import { describePictureModel } from './describe-picture-model.js';

/**
 * A checkpoint. It has gigabytes and a person waits for the card: its numbers are not read here, the engine looks for NaN
 * when it opens each part.
 */
export async function inspectSingleFile(path: string): Promise<ModelDescription> {
  return describePictureModel(await readSingleFile(path), 'single-file', false);
}
