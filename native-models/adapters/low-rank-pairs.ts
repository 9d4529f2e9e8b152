/**
 * The two matrices of a low-rank adapter's layers (LoRA, Hu and others 2021, arXiv 2106.09685): delta = alpha / r · up · down.
 * A convolution's `down` has the layer's kernel and its `up` is 1 x 1 (LoCon): flattened, the same product holds.
 */
import { ModelError } from '../errors.js';
import { readFloats } from '../weight-formats/read-floats.js';
import type { SafetensorsTensor } from '../weight-formats/safetensors.js';
import type { AdapterFile, AdapterModule } from './adapter.js';

export interface LowRankPair {
  readonly rank: number;
  /** The module's: alpha / rank. */
  readonly scale: number;
  /** [r, in · kh · kw], row-major. */
  readonly down: Float32Array;
  /** [out, r], row-major. */
  readonly up: Float32Array;
}

/** Pairs of the modules, in their order, from one opening of the file; floats of any width, at any offset. */
export async function readLowRankPairs(
  { file }: Pick<AdapterFile, 'file'>,
  modules: readonly AdapterModule[],
): Promise<LowRankPair[]> {
  const slots = modules.flatMap((module) => [slot(module, 'down'), slot(module, 'up')]);
  const floats = await readFloats(file, slots);
  return modules.map(({ rank, scale }, index) => ({
    rank,
    scale,
    down: floats[2 * index] as Float32Array,
    up: floats[2 * index + 1] as Float32Array,
  }));

  function slot({ key, slots: tensors }: AdapterModule, name: string): SafetensorsTensor {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw new ModelError('bad-file', `${file.label}: ${key} has no ${name}.`, { file: file.file });
  }
}
