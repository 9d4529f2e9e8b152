/**
 * Linear layers of one input as one product, where their matrices lie one after another in the file: a token is then
 * fewer and longer products, which matters where each takes some microseconds (a tenth of a token, SmolLM2-135M).
 */
import { concat, quantizedLinear, reshape, split } from '../onnx/operators/index.js';
import type { Dim, Value } from '../onnx/value.js';
import { linear } from './layers.js';
import { noteAdaptable } from './low-rank-branch.js';
import type { Weights } from './weights.js';

export interface JoinedLinearOptions {
  readonly bias: boolean;
  /** Axes that stand for the rows of the results; as in x unless told. */
  readonly rows?: readonly Dim[];
}

/** x [M, in] -> for each layer, by its name in `weights` and its width: [...rows, width]. */
export function joinedLinear<Names extends string>(
  weights: Weights,
  x: Value,
  layers: Readonly<Record<Names, number>>,
  { bias, rows = x.shape.slice(0, -1) }: JoinedLinearOptions,
): Record<Names, Value> {
  const results: Record<string, Value> = {};
  const waiting = Object.entries<number>(layers);
  while (waiting.length > 0) {
    // The longest beginning that is stored as one; files of mixed types store fewer so.
    const [count, parts] = longestProduct(weights, x, waiting, bias, rows);
    for (const [n, [name, width]] of waiting.splice(0, count).entries()) {
      results[name] = parts?.[n] ?? reshapedTo(rows, linear(weights.at(name), x, width, { bias }));
    }
  }
  return results;
}

/** How many of the layers, the first one at least, are one product, and their results; null: the first stands alone. */
function longestProduct(
  ...[weights, x, layers, bias, rows]: Parameters<typeof joinedProduct>
): readonly [number, Value[] | null] {
  for (let count = layers.length; count > 1; count--) {
    const parts = joinedProduct(weights, x, layers.slice(0, count), bias, rows);
    if (parts !== null) return [count, parts];
  }
  return [1, null];
}

/** Null where the matrices are not stored so, or have branches of their own. */
function joinedProduct(
  weights: Weights,
  x: Value,
  layers: readonly (readonly [string, number])[],
  bias: boolean,
  rows: readonly Dim[],
): Value[] | null {
  const { graph } = weights;
  if (graph.adapters) return null;
  const widths = layers.map(([, width]) => width);
  const paths = layers.map(([name]) => weights.at(name, 'weight').path) as [string, ...string[]];
  const total = widths.reduce((sum, width) => sum + width, 0);
  const matrix = graph.quantizedMatrix(paths, [total, x.size(-1)], 'blocks');
  if (matrix === null) return null;
  for (const [name, width] of layers) {
    noteAdaptable(weights.at(name), { kind: 'linear', inFeatures: x.size(-1), outFeatures: width, kernel: null });
  }
  const biases = layers.map(([name, width]) => (bias ? weights.at(name).tensor('bias', [width]) : null));
  const shift = bias ? concat(biases as [Value, ...Value[]], 0) : null;
  const y = reshapedTo(rows, quantizedLinear(x, matrix, shift, graph.quantizedCompute));
  return split(y, y.rank - 1, widths);
}

/** The same rows under other axes. */
function reshapedTo(rows: readonly Dim[], y: Value): Value {
  const isSame = rows.length === y.rank - 1 && rows.every((dim, axis) => dim === y.shape[axis]);
  return isSame ? y : reshape(y, [...rows, y.size(-1)]);
}
