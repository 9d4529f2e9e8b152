/** Chosen float tensors of a `.safetensors` file in memory, as float32: what adapters and merging compute with. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { ModelError } from '../errors.js';
import { brainsToFloats, halvesToFloats } from './number-formats.js';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.js';

/** Neighbours are read together up to this many bytes: a file of a thousand small tensors in a few reads. */
const MAX_READ_BYTES = 32 << 20;

/**
 * The tensors as float32, in the order given. F16, BF16, F32 and F64 are floats; anything else is refused.
 * Every result has memory of its own, aligned whatever the place in the file.
 */
export async function readFloats(
  file: SafetensorsFile,
  tensors: readonly SafetensorsTensor[],
): Promise<Float32Array[]> {
  for (const { name, dtype } of tensors) {
    if (Object.hasOwn(decoders, dtype)) continue;
    const sentence = `${file.label}: ${name} is stored as ${dtype}; only F32, F16, BF16 and F64 can be computed with here.`;
    throw new ModelError('unsupported', sentence, { file: file.file });
  }
  const results = new Map<SafetensorsTensor, Float32Array>();
  const handle = await openFile(file);
  try {
    for (const span of spansOf(tensors)) {
      const bytes = await readSpan(handle, file, span);
      for (const tensor of span.tensors) {
        const start = tensor.offset - span.begin;
        const decode = decoders[tensor.dtype] as Decoder;
        results.set(tensor, decode(bytes.slice(start, start + tensor.byteLength)));
      }
    }
  } finally {
    await handle.close();
  }
  return tensors.map((tensor) => results.get(tensor) as Float32Array);
}

/** One tensor's bytes as they are stored. */
export async function readStored(file: SafetensorsFile, tensor: SafetensorsTensor): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await openFile(file);
  try {
    const end = tensor.offset + tensor.byteLength;
    return new Uint8Array(await readSpan(handle, file, { begin: tensor.offset, end, tensors: [tensor] }));
  } finally {
    await handle.close();
  }
}

function openFile({ file, label }: SafetensorsFile): Promise<FileHandle> {
  return open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there any more.`, { file, cause });
  });
}

type Decoder = (bytes: ArrayBuffer) => Float32Array;

const decoders: Readonly<Record<string, Decoder>> = {
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => halvesToFloats(new Uint16Array(bytes)),
  BF16: (bytes) => brainsToFloats(new Uint16Array(bytes)),
  F64: (bytes) => Float32Array.from(new Float64Array(bytes)),
};

/** A run of tensors that lie side by side in the file. */
interface Span {
  readonly begin: number;
  end: number;
  readonly tensors: SafetensorsTensor[];
}

function spansOf(tensors: readonly SafetensorsTensor[]): Span[] {
  const spans: Span[] = [];
  for (const tensor of new Set(tensors.toSorted((a, b) => a.offset - b.offset))) {
    const end = tensor.offset + tensor.byteLength;
    const last = spans.at(-1);
    if (last?.end === tensor.offset && end - last.begin <= MAX_READ_BYTES) {
      last.end = end;
      last.tensors.push(tensor);
    } else {
      spans.push({ begin: tensor.offset, end, tensors: [tensor] });
    }
  }
  return spans;
}

async function readSpan(handle: FileHandle, file: SafetensorsFile, { begin, end }: Span): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - begin);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, begin + done);
    if (bytesRead === 0) {
      throw new ModelError('file-changed', `${file.label} changed while it was read.`, { file: file.file });
    }
    done += bytesRead;
  }
  return bytes.buffer;
}
