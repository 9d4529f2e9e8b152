/** Chosen float tensors of a `.safetensors` file in memory, as float32: what adapters and merging compute with. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { ModelError } from '../errors.js';
import { sizeOf } from '../runtime/tensor.js';
import { holdsNonFinite } from './non-finite.js';
import { brainsInto, halvesInto } from './number-formats.js';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.js';

/** Neighbours are read together up to this many bytes: few reads, into memory that stays in the processor's cache. */
const MAX_READ_BYTES = 2 << 20;

export interface ReadFloats {
  /** In the order that was asked for; they share one block of memory. */
  readonly floats: readonly Float32Array[];
  /** No NaN and no infinity among them. */
  readonly finite: boolean;
}

/**
 * The tensors as float32. F16, BF16, F32 and F64 are floats; anything else is refused. They may begin anywhere in the
 * file. One block for all, as hundreds of small ones would keep the garbage collector busy for longer than the reading.
 */
export async function readFloats(file: SafetensorsFile, tensors: readonly SafetensorsTensor[]): Promise<ReadFloats> {
  for (const { name, dtype } of tensors) {
    if (Object.hasOwn(decoders, dtype)) continue;
    const sentence = `${file.label}: ${name} is stored as ${dtype}; only F32, F16, BF16 and F64 can be computed with here.`;
    throw new ModelError('unsupported', sentence, { file: file.file });
  }
  const spans = spansOf(tensors);
  const results = placesOf(spans.flatMap((span) => span.tensors));
  const scratch = new ArrayBuffer(Math.max(0, ...spans.map(({ begin, end }) => end - begin)));
  let finite = true;
  const handle = await openFile(file);
  try {
    for (const span of spans) {
      await readSpan(handle, file, span, scratch);
      for (const tensor of span.tensors) {
        const { dtype, offset, byteLength } = tensor;
        finite &&= !holdsNonFinite(dtype, scratch, offset - span.begin, byteLength);
        (decoders[dtype] as Decoder)(scratch, offset - span.begin, results.get(tensor) as Float32Array);
      }
    }
  } finally {
    await handle.close();
  }
  return { floats: tensors.map((tensor) => results.get(tensor) as Float32Array), finite };
}

function placesOf(tensors: readonly SafetensorsTensor[]): ReadonlyMap<SafetensorsTensor, Float32Array> {
  const elements = tensors.map(({ shape }) => sizeOf(shape));
  const block = new Float32Array(elements.reduce((sum, count) => sum + count, 0));
  let place = 0;
  return new Map(tensors.map((tensor, index) => [tensor, block.subarray(place, (place += elements[index] as number))]));
}

/** One tensor's bytes as they are stored. */
export async function readStored(file: SafetensorsFile, tensor: SafetensorsTensor): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await openFile(file);
  try {
    const bytes = new ArrayBuffer(tensor.byteLength);
    await readSpan(handle, file, { begin: tensor.offset, end: tensor.offset + tensor.byteLength }, bytes);
    return new Uint8Array(bytes);
  } finally {
    await handle.close();
  }
}

function openFile({ file, label }: SafetensorsFile): Promise<FileHandle> {
  return open(file, 'r').catch((cause: unknown) => {
    throw new ModelError('missing-file', `${label} is not there any more.`, { file, cause });
  });
}

/** From the bytes at `start` into `result`, as many as it holds. */
type Decoder = (bytes: ArrayBuffer, start: number, result: Float32Array) => void;

const decoders: Readonly<Record<string, Decoder>> = {
  F32: (bytes, start, result) =>
    new Uint8Array(result.buffer, result.byteOffset, result.byteLength).set(
      new Uint8Array(bytes, start, result.byteLength),
    ),
  F16: (bytes, start, result) => halvesInto(result, words(bytes, start, result.length)),
  BF16: (bytes, start, result) => brainsInto(result, words(bytes, start, result.length)),
  F64: (bytes, start, result) => result.set(new Float64Array(bytes.slice(start, start + 8 * result.length))),
};

/** A view begins at a multiple of its element's size, a tensor anywhere: one that does not is copied first. */
function words(bytes: ArrayBuffer, start: number, count: number): Uint16Array {
  return start % 2 === 0
    ? new Uint16Array(bytes, start, count)
    : new Uint16Array(bytes.slice(start, start + 2 * count));
}

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

async function readSpan(
  handle: FileHandle,
  file: SafetensorsFile,
  { begin, end }: Pick<Span, 'begin' | 'end'>,
  into: ArrayBuffer,
): Promise<void> {
  const bytes = new Uint8Array(into, 0, end - begin);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, begin + done);
    if (bytesRead === 0) {
      throw new ModelError('file-changed', `${file.label} changed while it was read.`, { file: file.file });
    }
    done += bytesRead;
  }
}
