/** The tensors of a torch file in the form of a `.safetensors`: by name, each a place in the file. */
import { elementBits } from '../number-formats.js';
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.js';
import { sizeOf } from '../../runtime/tensor.js';
import type { TorchFile } from './read-torch-file.js';
import { TorchFaults, shown } from './torch-faults.js';
import { torchTensors } from './torch-tensors.js';

/**
 * Everything that reads weights reads these, and what they are mapped from is the file itself. Several names may be one
 * place (tied weights), and places may begin at any byte.
 *
 * @param at keys that lead to the tensors; null where one of them is not there
 */
export function torchWeights(torch: TorchFile, at: readonly string[] = []): SafetensorsFile | null {
  const { file, label, identity } = torch;
  const found = torchTensors(torch, at);
  if (found === null) return null;
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of found) {
    if (!tensor.contiguous) {
      throw new TorchFaults(file, label).unsupported(
        `has ${shown(name)} in another order than row by row, which cannot be mapped. Save it again with .contiguous(), or get it as .safetensors.`,
      );
    }
    const { dtype, shape, storage, after } = tensor;
    const byteLength = (sizeOf(shape) * (elementBits[dtype] ?? 8)) / 8;
    tensors.set(name, { name, dtype, shape, offset: storage.offset + after, byteLength });
  }
  return { file, label, tensors, metadata: {}, identity };
}
