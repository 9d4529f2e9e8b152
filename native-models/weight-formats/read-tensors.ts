/** Tensors of a `.safetensors` file in memory: inputs of `run`, checkpoints, adapters. */
import { open } from 'node:fs/promises';

import { ModelError } from '../errors.js';
import type { Tensor } from '../runtime/tensor.js';
import { brainsToFloats, halvesToFloats } from './number-formats.js';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.js';
import { readSafetensors } from './safetensors.js';

/** Every tensor of a file: floats of any width as float32, whole numbers of any width as int64. */
export async function readTensors(file: string | SafetensorsFile): Promise<Record<string, Tensor>> {
  const opened = typeof file === 'string' ? await readSafetensors(file) : file;
  const handle = await open(opened.file, 'r');
  try {
    const entries: [string, Tensor][] = [];
    for (const tensor of opened.tensors.values()) {
      const bytes = new Uint8Array(tensor.byteLength); // its own buffer: aligned whatever the file's offset
      await handle.read(bytes, 0, bytes.length, tensor.offset);
      entries.push([tensor.name, decode(opened, tensor, bytes.buffer)]);
    }
    return Object.fromEntries(entries);
  } finally {
    await handle.close();
  }
}

function decode(
  { file, label }: SafetensorsFile,
  { name, dtype, shape }: SafetensorsTensor,
  data: ArrayBuffer,
): Tensor {
  const floats = (values: Float32Array): Tensor => ({ dtype: 'float32', shape, data: values });
  const ints = (values: Iterable<number | bigint>): Tensor => ({
    dtype: 'int64',
    shape,
    data: BigInt64Array.from(values, BigInt),
  });
  switch (dtype) {
    case 'F32':
      return floats(new Float32Array(data));
    case 'F16':
      return floats(halvesToFloats(new Uint16Array(data)));
    case 'BF16':
      return floats(brainsToFloats(new Uint16Array(data)));
    case 'F64':
      return floats(Float32Array.from(new Float64Array(data)));
    case 'I64':
      return { dtype: 'int64', shape, data: new BigInt64Array(data) };
    case 'I32':
      return ints(new Int32Array(data));
    case 'I16':
      return ints(new Int16Array(data));
    case 'I8':
      return ints(new Int8Array(data));
    case 'U8':
    case 'BOOL':
      return ints(new Uint8Array(data));
    case 'U16':
      return ints(new Uint16Array(data));
    case 'U32':
      return ints(new Uint32Array(data));
    default:
      throw new ModelError('unsupported', `${label}: ${name} is ${dtype}, a number format that cannot be read here.`, {
        file,
      });
  }
}
