/** A file of weights of any format whose tensors are mapped in place, told by its first bytes and not by its name. */
import { open } from 'node:fs/promises';
import path from 'node:path';

import { ModelError } from '../errors.js';
import { readGgufWeightFile } from './gguf/gguf-weight-file.js';
import type { SafetensorsFile } from './safetensors.js';
import { readSafetensors } from './safetensors.js';
import { isTorchFile, readTorchFile } from './torch-pickle/read-torch-file.js';
import { torchWeights } from './torch-pickle/torch-weights.js';

/**
 * The tensors of a `.safetensors`, of an unquantised `.gguf`, or of a `.pth`, `.pt`, `.ckpt` or `.bin` of torch: those of
 * its `state_dict` where it has one, else all. `label` is what messages call the file, its own name unless told.
 */
export async function readWeightFile(file: string, label = path.basename(file)): Promise<SafetensorsFile> {
  const beginning = await firstBytes(file, label);
  if (Buffer.from(beginning.subarray(0, 4)).toString('latin1') === 'GGUF') return readGgufWeightFile(file, label);
  if (!isTorchFile(beginning)) return readSafetensors(file, label);
  const torch = await readTorchFile(file, label);
  return torchWeights(torch, ['state_dict']) ?? (torchWeights(torch) as SafetensorsFile);
}

async function firstBytes(file: string, label: string): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there or cannot be read.`, { file, cause });
  });
  try {
    if ((await handle.stat()).isDirectory()) {
      throw new ModelError('bad-input', `${label} is a folder: choose the file of weights in it.`, { file });
    }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
