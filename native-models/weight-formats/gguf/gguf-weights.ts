/** A GGUF model as the source of a graph's weights, under the names that transformers has for them. */
import type { DataType } from '../../onnx/value.js';
import type { StoredQuantizedMatrix, StoredTensor, WeightSource } from '../../onnx/weight-source.js';
import { requireFinite } from '../non-finite.js';
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.js';
import type { GgufFile } from './read-gguf.js';
import type { RepackOptions } from './repacked-file.js';
import { needsRepacking, repackedFile } from './repacked-file.js';
import { transformersName } from './tensor-names.js';

/**
 * Weights that a graph can map: the GGUF file itself where all of it is F32, F16 and BF16, else its repacked file, which
 * is written now if it is not there.
 */
export async function runnableWeights(gguf: GgufFile, options: RepackOptions): Promise<WeightSource> {
  if (needsRepacking(gguf)) {
    const repacked = await repackedFile(gguf, options);
    return new GgufWeights(
      [...repacked.tensors.values()].map((tensor) => stored(tensor, repacked.file)),
      gguf.label,
    );
  }
  for (const part of partsOf(gguf)) await requireFinite(part);
  return storedWeights(gguf);
}

/** What stands in the file, for a look at it: a graph that reads a quantised matrix of these is refused. */
export function storedWeights(gguf: GgufFile): WeightSource {
  const tensors: StoredTensor[] = [];
  for (const { name, type, shape, file, offset, byteLength } of gguf.tensors.values()) {
    const asked = transformersName(name);
    if (asked !== null) tensors.push(stored({ name: asked, dtype: type.name, shape, offset, byteLength }, file));
  }
  return new GgufWeights(tensors, gguf.label);
}

class GgufWeights implements WeightSource {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(
    tensors: readonly StoredTensor[],
    readonly label: string,
  ) {
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  find(name: string): StoredTensor | null {
    return this.#tensors.get(name) ?? null;
  }

  findQuantized(...names: readonly [string, ...string[]]): StoredQuantizedMatrix | null {
    const [first, ...others] = names.map((name) => this.#quantized(name));
    if (!first || others.length === 0) return first ?? null;
    const matrices = [first];
    for (const other of others) {
      const { bits, block, shape, minimums } = first;
      const isAlike = other?.bits === bits && other.block === block && other.shape[1] === shape[1];
      if (!isAlike || (other.minimums === null) !== (minimums === null)) return null;
      matrices.push(other);
    }
    const packed = joined(matrices.map((matrix) => matrix.packed));
    const scales = joined(matrices.map((matrix) => matrix.scales));
    const minimums = joined(matrices.flatMap((matrix) => matrix.minimums ?? []));
    if (packed === null || scales === null || (minimums === null && first.minimums !== null)) return null;
    return { ...first, shape: [packed.shape[0] as number, first.shape[1]], packed, scales, minimums };
  }

  #quantized(name: string): StoredQuantizedMatrix | null {
    const scales = this.find(`${name}.scales`);
    if (scales === null) return null;
    const minimums = this.find(`${name}.minimums`);
    for (const bits of [4, 8] as const) {
      const packed = this.find(`${name}.packed${bits}`);
      if (packed === null) continue;
      const [N, blocks, bytes] = packed.shape as [number, number, number];
      const block = (bytes * 8) / bits;
      return { bits, block, shape: [N, blocks * block], packed, scales, minimums };
    }
    return null;
  }

  names(): Iterable<string> {
    return this.#tensors.keys();
  }
}

/** Tensors that follow one another in their file as one with the rows of all; null: they do not, or there is none. */
function joined(tensors: readonly StoredTensor[]): StoredTensor | null {
  const [first] = tensors;
  if (!first) return null;
  let end = first.offset;
  for (const { file, offset, byteLength } of tensors) {
    if (file !== first.file || offset !== end) return null;
    end += byteLength;
  }
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const followers = tensors.slice(1).map(({ name }) => name);
  return { ...first, shape: [rows, ...first.shape.slice(1)], byteLength: end - first.offset, followers };
}

const dataTypes: Readonly<Record<string, DataType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  U8: 'uint8',
};

/** The parts of a file as `requireFinite` reads them. */
function partsOf({ tensors, label, identities }: GgufFile): SafetensorsFile[] {
  return identities.map((identity) => {
    const { file } = identity;
    const inside = [...tensors.values()].filter((tensor) => tensor.file === file);
    const entries = inside.map((tensor): [string, SafetensorsTensor] => [
      tensor.name,
      { ...tensor, dtype: tensor.type.name },
    ]);
    return { file, label, tensors: new Map(entries), metadata: {}, identity };
  });
}

function stored({ name, dtype, shape, offset, byteLength }: SafetensorsTensor, file: string): StoredTensor {
  return { name, dtype: dataTypes[dtype] ?? 'other', dtypeName: dtype, shape, file, offset, byteLength };
}
