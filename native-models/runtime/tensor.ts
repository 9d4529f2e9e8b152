/**
 * A dense tensor in row-major (C) order, as networks take and give them.
 * `data.length` is the product of `shape`; a scalar has shape `[]`.
 */
export type Tensor = FloatTensor | IntTensor;

export interface FloatTensor {
  readonly dtype: 'float32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface IntTensor {
  readonly dtype: 'int64';
  readonly shape: readonly number[];
  readonly data: BigInt64Array;
}

export function floats(shape: readonly number[], data: Float32Array = new Float32Array(sizeOf(shape))): FloatTensor {
  return { dtype: 'float32', shape, data };
}

export function ints(shape: readonly number[], values: Iterable<number | bigint>): IntTensor {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The numbers of a network's output. */
export function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor?.dtype === 'float32') return tensor.data;
  throw new TypeError(`a network gave ${tensor?.dtype ?? 'nothing'}, expected float32`);
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}
