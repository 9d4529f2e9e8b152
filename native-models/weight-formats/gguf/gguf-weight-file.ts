/** A GGUF of another network than a language model's, as a file of tensors: what stable-diffusion.cpp writes. */
import { ModelError } from '../../errors.js';
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.js';
import { readGguf } from './read-gguf.js';

const floats = new Set(['F32', 'F16', 'BF16']);

/** The tensors under the names they have there, each a place in the file. Quantised ones are refused by their format. */
export async function readGgufWeightFile(file: string, label: string): Promise<SafetensorsFile> {
  const { tensors, identities } = await readGguf(file, label);
  const [identity] = identities;
  if (identity === undefined || identities.length > 1) {
    throw new ModelError('unsupported', `${label} is one of several parts: choose a version in one file.`, { file });
  }
  const entries = [...tensors.values()].map(
    ({ name, type, shape, offset, byteLength }): [string, SafetensorsTensor] => {
      if (floats.has(type.name)) return [name, { name, dtype: type.name, shape, offset, byteLength }];
      const sentence = `${label} is quantised (${name} is ${type.name}), which is read of language models only: choose a version in F16 or F32.`;
      throw new ModelError('unsupported', sentence, { file });
    },
  );
  return { file, label, tensors: new Map(entries), metadata: {}, identity };
}
