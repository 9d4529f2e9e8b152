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
  adapter: Pick<AdapterFile, 'file'>,
  modules: readonly AdapterModule[],
): Promise<LowRankPair[]> {
  return (await readCheckedPairs(adapter, modules)).pairs;
}

/** The same, and whether there is no NaN and no infinity among them. */
export async function readCheckedPairs(
  { file }: Pick<AdapterFile, 'file'>,
  modules: readonly AdapterModule[],
): Promise<{ readonly pairs: LowRankPair[]; readonly finite: boolean }> {
  const slots = modules.flatMap((module) => [slot(module, 'down'), slot(module, 'up')]);
  const { floats, finite } = await readFloats(file, slots);
  const pairs = modules.map(({ rank, scale }, index) => ({
    rank,
    scale,
    down: floats[2 * index] as Float32Array,
    up: floats[2 * index + 1] as Float32Array,
  }));
  return { pairs, finite };

  function slot({ key, slots: tensors }: AdapterModule, name: string): SafetensorsTensor {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw new ModelError('bad-file', `${file.label}: ${key} has no ${name}.`, { file: file.file });
  }
}
