/**
 * What flows through a graph while it is authored: a value knows its name, its element type and its shape,
 * so that a mistake is found on the line that makes it and not by the runtime, thousands of nodes later.
 */
import type { Graph } from './graph.js';

/** Element types that graphs compute with, and those that only stored weights have. */
export type DataType = 'float32' | 'float16' | 'bfloat16' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool';

/** One axis: a concrete size or, where a size moves at every call, the name of a symbolic axis. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export class Value {
  constructor(
    readonly graph: Graph,
    readonly name: string,
    readonly dtype: DataType,
    readonly shape: Shape,
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Size of an axis (negative counts from the end) that must be concrete. */
  size(axis: number): number {
    const dim = this.shape.at(axis);
    if (typeof dim === 'number') return dim;
    throw new TypeError(`axis ${axis} of ${describe(this)} is ${dim ?? 'absent'}, a concrete size is needed`);
  }
}

/** `conv_in/Conv_3 float32 [2, 320, 64, 64]` */
export function describe(value: Value): string {
  return `${value.name} ${value.dtype} ${describeShape(value.shape)}`;
}

/** `[2, 320, rank]` */
export function describeShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
