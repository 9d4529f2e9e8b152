/**
 * One or more files of tensors as the source of a graph's weights.
 *
 * A tensor may begin at any byte: old files have headers of odd length, and streams of torch put numbers wherever that
 * is. onnxruntime 1.30 reads such ones right on the CPU: every network of the embedded model gives the same bits with its
 * weights moved by 1 and by 3 bytes, F16 and F32, folded and not.
 */
import type { DataType } from '../onnx/value.js';
import type { StoredTensor, WeightSource } from '../onnx/weight-source.js';
import type { SafetensorsFile } from './safetensors.js';

const dataTypes: Readonly<Record<string, DataType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F64: 'float64',
  I64: 'int64',
  I32: 'int32',
  BOOL: 'bool',
};

export class SafetensorsWeights implements WeightSource {
  /**
   * @param files one file, or the shards of one network
   * @param olderName the name an older checkpoint has for a tensor that is not there under its present name
   */
  constructor(
    readonly files: readonly SafetensorsFile[],
    readonly label: string,
    readonly olderName: (name: string) => string = (name) => name,
  ) {}

  find(name: string): StoredTensor | null {
    return this.#stored(name) ?? this.#stored(this.olderName(name));
  }

  *names(): Iterable<string> {
    for (const file of this.files) yield* file.tensors.keys();
  }

  /** The same weights, but those that `file` has under the same stored names: merged ones over the model's own. */
  under(file: SafetensorsFile): SafetensorsWeights {
    return new SafetensorsWeights([file, ...this.files], this.label, this.olderName);
  }

  #stored(name: string): StoredTensor | null {
    for (const { file, tensors } of this.files) {
      const tensor = tensors.get(name);
      if (!tensor) continue;
      const { dtype, shape, offset, byteLength } = tensor;
      return { name, dtype: dataTypes[dtype] ?? 'other', dtypeName: dtype, shape, file, offset, byteLength };
    }
    return null;
  }
}
