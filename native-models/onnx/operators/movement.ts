/** Operators that move, cut and join elements without computing. */
import { AuthoringError, expectRank } from '../authoring-error.js';
import type { Dim, Shape, Value } from '../value.js';
import { describe, describeShape } from '../value.js';

/**
 * The same elements in another shape. A symbolic axis that stays at its place is copied; of the others one may be
 * symbolic or -1 ("the rest").
 */
export function reshape(x: Value, shape: readonly Dim[]): Value {
  const stays = shape.map((dim, axis) => typeof dim === 'string' && dim === x.shape[axis]);
  const open = shape.filter((dim, axis) => (dim === -1 || typeof dim === 'string') && !stays[axis]);
  if (open.length > 1) throw new AuthoringError('Reshape', 'shape', 'open in one axis at most', describeShape(shape));
  const known = product(shape.filter((dim) => typeof dim === 'number' && dim !== -1));
  const total = x.shape.every((dim) => typeof dim === 'number') ? product(x.shape) : null;
  const fits = total === null || (open.length === 0 ? known === total : total % known === 0);
  if (!fits) throw new AuthoringError('Reshape', 'shape', `for the elements of ${describe(x)}`, describeShape(shape));
  const result = shape.map((dim) => (dim === -1 ? (total === null ? 'rest' : total / known) : dim));
  // ONNX writes 0 for "as it is" and -1 for "the rest".
  const numbers = shape.map((dim, axis) => (typeof dim === 'number' ? dim : stays[axis] ? 0 : -1));
  return x.graph.node('Reshape', [x, x.graph.constant('int64', [numbers.length], numbers)], {
    dtype: x.dtype,
    shape: result,
  });
}

/** `order[k]` is the axis of x that becomes axis k. */
export function transpose(x: Value, order: readonly number[]): Value {
  const legal = order.length === x.rank && order.every((_, axis) => order.includes(axis));
  if (!legal) throw new AuthoringError('Transpose', 'order', `a permutation of the axes of ${describe(x)}`, `${order}`);
  const shape = order.map((axis) => x.shape[axis] as Dim);
  return x.graph.node('Transpose', [x], { dtype: x.dtype, shape }, { perm: { ints: order } });
}

/** Insert axes of size 1 at these places of the result. */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  const rest = [...x.shape];
  const shape: Dim[] = Array.from({ length: x.rank + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() as Dim),
  );
  return x.graph.node('Unsqueeze', [x, x.graph.constant('int64', [axes.length], axes)], { dtype: x.dtype, shape });
}

/** Axes of size 1 repeated to the sizes of `shape`, which has as many axes. */
export function expand(x: Value, shape: readonly number[]): Value {
  const fits = shape.length === x.rank && shape.every((size, axis) => x.shape[axis] === size || x.shape[axis] === 1);
  if (!fits) throw new AuthoringError('Expand', 'shape', `that of ${describe(x)} but for axes of 1`, `${shape}`);
  if (shape.every((size, axis) => x.shape[axis] === size)) return x;
  return x.graph.node('Expand', [x, x.graph.constant('int64', [shape.length], shape)], { dtype: x.dtype, shape });
}

/** Joined along an axis; where a part's length is symbolic, so is the whole's: `past + tokens`. */
export function concat(values: readonly [Value, ...Value[]], axis: number): Value {
  const [first, ...others] = values;
  const place = axis < 0 ? first.rank + axis : axis;
  for (const other of others) {
    const fits = other.rank === first.rank && other.shape.every((dim, k) => k === place || dim === first.shape[k]);
    if (!fits || other.dtype !== first.dtype) {
      throw new AuthoringError('Concat', 'input', `like ${describe(first)} but for axis ${axis}`, other);
    }
  }
  const parts = values.map((value) => value.shape[place] as Dim);
  const length = parts.every((dim) => typeof dim === 'number') ? sum(parts) : parts.join(' + ');
  const shape = first.shape.map((dim, k) => (k === place ? length : dim));
  return first.graph.node('Concat', values, { dtype: first.dtype, shape }, { axis: { int: place } });
}

/** Two equal halves along an axis. */
export function halve(x: Value, axis: number): [Value, Value] {
  const place = axis < 0 ? x.rank + axis : axis;
  const length = x.size(place);
  if (length % 2 !== 0) throw new AuthoringError('Split', 'input', `even along axis ${axis}`, x);
  const shape = x.shape.map((dim, k) => (k === place ? length / 2 : dim));
  const half = { dtype: x.dtype, shape };
  const attributes = { axis: { int: place }, num_outputs: { int: 2 } };
  return x.graph.nodeWithOutputs('Split', [x], [half, half], attributes) as [Value, Value];
}

/** Cut along an axis into parts of these lengths; where some are symbolic, `lengths` tells them: int64 [parts]. */
export function split(x: Value, axis: number, sizes: readonly Dim[], lengths?: Value): Value[] {
  const whole = sizes.every((size) => typeof size === 'number') ? sum(sizes) : sizes.join(' + ');
  if (x.shape[axis] !== whole) throw new AuthoringError('Split', 'input', `of length ${whole} along axis ${axis}`, x);
  const counts = lengths ?? x.graph.constant('int64', [sizes.length], sizes.map(Number));
  const results = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((dim, k) => (k === axis ? size : dim)),
  }));
  return x.graph.nodeWithOutputs('Split', [x, counts], results, { axis: { int: axis } });
}

/** The length of an axis as it turns out to be in a run: int64 [1]. */
export function lengthOf(x: Value, axis: number): Value {
  const attributes = { start: { int: axis }, end: { int: axis + 1 } };
  return x.graph.node('Shape', [x], { dtype: 'int64', shape: [1] }, attributes);
}

/** Rows of a table: indices of any shape, `[...indices, ...rest of the table's shape]`. */
export function gather(table: Value, indices: Value): Value {
  if (indices.dtype !== 'int64' && indices.dtype !== 'int32') {
    throw new AuthoringError('Gather', 'indices', 'int64 or int32', indices);
  }
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return table.graph.node('Gather', [table, indices], { dtype: table.dtype, shape }, { axis: { int: 0 } });
}

/** Places first..next of an axis, `next` not among them. */
export function slice(x: Value, axis: number, first: number, next: number): Value {
  const size = x.size(axis);
  if (first < 0 || first > next || next > size) {
    throw new AuthoringError('Slice', 'places', `within 0..${size}`, `${first}..${next} of ${describe(x)}`);
  }
  if (first === 0 && next === size) return x;
  const vector = (number: number): Value => x.graph.constant('int64', [1], [number]);
  const shape = x.shape.map((dim, k) => (k === axis ? next - first : dim));
  return x.graph.node('Slice', [x, vector(first), vector(next), vector(axis)], { dtype: x.dtype, shape });
}

/** For each row b of [B, T, D], its vector at place indices[b, 0]: [B, D]. */
export function pickPerRow(x: Value, indices: Value): Value {
  expectRank('GatherND', 'input', x, 3);
  expectRank('GatherND', 'indices', indices, 2);
  const shape: Shape = [x.shape[0] as Dim, x.shape[2] as Dim];
  return x.graph.node('GatherND', [x, indices], { dtype: x.dtype, shape }, { batch_dims: { int: 1 } });
}

/** Place of the largest element along the last axis, the first of equals; the axis stays, with size 1. */
export function argMax(x: Value): Value {
  const shape = [...x.shape.slice(0, -1), 1];
  const attributes = { axis: { int: x.rank - 1 }, keepdims: { int: 1 }, select_last_index: { int: 0 } };
  return x.graph.node('ArgMax', [x], { dtype: 'int64', shape }, attributes);
}

/** Nearest neighbour to an explicit size of [B, C, H, W], source index floor(i * in / out) as in PyTorch. */
export function resizeNearest(x: Value, height: number, width: number): Value {
  expectRank('Resize', 'input', x, 4);
  const shape = [x.size(0), x.size(1), height, width];
  return x.graph.node(
    'Resize',
    [x, null, null, x.graph.constant('int64', [4], shape)],
    { dtype: x.dtype, shape },
    {
      mode: { text: 'nearest' },
      nearest_mode: { text: 'floor' },
      coordinate_transformation_mode: { text: 'asymmetric' },
    },
  );
}

function product(dims: readonly Dim[]): number {
  return dims.reduce<number>((result, dim) => result * (dim as number), 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
