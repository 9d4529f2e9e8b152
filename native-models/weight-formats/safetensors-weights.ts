/** One or more `.safetensors` files as the source of a graph's weights. */
import { ModelError } from '../errors.js';
import type { DataType } from '../onnx/value.js';
import type { StoredTensor, WeightSource } from '../onnx/weight-source.js';
import { elementBits } from './number-formats.js';
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
    for (const { file, label, tensors } of this.files) {
      const tensor = tensors.get(name);
      if (!tensor) continue;
      if ((tensor.offset * 8) % (elementBits[tensor.dtype] ?? 8) !== 0) {
        const sentence = `${label} cannot be mapped: ${name} does not begin at a multiple of its element's size. Save the file again with a present-day tool.`;
        throw new ModelError('unsupported', sentence, { file });
      }
      const { dtype, shape, offset, byteLength } = tensor;
      return { name, dtype: dataTypes[dtype] ?? 'other', dtypeName: dtype, shape, file, offset, byteLength };
    }
    return null;
  }
}
