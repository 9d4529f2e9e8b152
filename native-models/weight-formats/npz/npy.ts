/**
 * Arrays as numpy writes them (`.npy`, versions 1 to 3; numpy 2.4, lib/_format_impl.py): a magic word, a Python dictionary
 * with element type, order and shape, and the elements. Objects, which numpy unpickles, are never read.
 */
import { halfToNumber } from '../number-formats.js';

export interface NpyHeader {
  /** numpy's code: `<f8` is a little-endian float64. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly dataStart: number;
}

/** Numbers in C order, whatever they were stored as. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What is wrong with an array, as the end of a sentence: `is ...`. */
export class NpyFault extends Error {
  override readonly name = 'NpyFault';
}

type Read = (view: DataView, at: number, little: boolean) => number;

const readers: Readonly<Record<string, { readonly bytes: number; readonly read: Read }>> = {
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f2: { bytes: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
};

/** @param beginning of the array, at least as long as its header */
export function parseNpyHeader(beginning: Uint8Array): NpyHeader {
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength);
  const magic = beginning.byteLength >= 12 && view.getUint32(0) === 0x934e554d && view.getUint16(4) === 0x5059;
  if (!magic) throw new NpyFault('is no array of numpy');
  const version = beginning[6]!;
  const [textStart, textBytes] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const dataStart = textStart + textBytes;
  if (version < 1 || version > 3 || dataStart > beginning.byteLength) {
    throw new NpyFault('has a header that cannot be read');
  }
  const text = new TextDecoder().decode(beginning.subarray(textStart, dataStart));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shape === undefined) {
    throw new NpyFault('has a header that cannot be read');
  }
  if (descr.includes('O')) throw new NpyFault('holds Python objects, which are not read');
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  return { descr, fortranOrder: order === 'True', shape: sizes, dataStart };
}

export function parseNpy(bytes: Uint8Array): NpyArray {
  const { descr, fortranOrder, shape, dataStart } = parseNpyHeader(bytes);
  const type = /^([<>|=])(\w\d)$/.exec(descr);
  const reader = type && readers[type[2]!];
  if (!reader) throw new NpyFault(`is stored as ${descr.slice(0, 20)}, which is not read: save it as float64`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.byteLength - dataStart !== count * reader.bytes) {
    throw new NpyFault(`has ${bytes.byteLength - dataStart} bytes of numbers, its shape needs ${count * reader.bytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart, count * reader.bytes);
  const little = type[1] !== '>';
  const data = Float64Array.from({ length: count }, (_, i) => reader.read(view, i * reader.bytes, little));
  return { shape, data: fortranOrder ? inCOrder(data, shape) : data };
}

/** From the first axis running fastest to the last one. */
function inCOrder(data: Float64Array, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const place = new Array<number>(shape.length).fill(0);
  return data.map(() => {
    const value = data[place.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]! += 1;
      if (place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
    return value;
  });
}

/** Version 1, C order. */
export function npyBytes(
  array: NpyArray | { readonly shape: readonly number[]; readonly data: BigInt64Array | Uint8Array },
): Buffer {
  const { shape, data } = array;
  const descr = data instanceof Float64Array ? '<f8' : data instanceof Uint8Array ? '|u1' : '<i8';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Elements begin at a multiple of 64; the text ends with a line feed.
  const padded = Math.ceil((10 + text.length + 1) / 64) * 64;
  const head = Buffer.alloc(padded, ' ');
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  head.writeUInt16LE(padded - 10, 8);
  head.write(text, 10, 'latin1');
  head[padded - 1] = 0x0a;
  return Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}
