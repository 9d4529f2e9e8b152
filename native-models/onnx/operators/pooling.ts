/** Pooling over windows of a picture. */
import { AuthoringError, expectFloat, expectRank } from '../authoring-error.js';
import type { Shape, Value } from '../value.js';

export interface PoolingOptions {
  /** Side of the square window. */
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
}

/** The largest of each window of [B, C, H, W]; what lies outside of the picture is never the largest. */
export function maxPool(x: Value, options: PoolingOptions): Value {
  return pool('MaxPool', x, options, {});
}

/** The mean of what lies inside of the picture in each window of [B, C, H, W]: padding is not counted. */
export function averagePool(x: Value, options: PoolingOptions): Value {
  return pool('AveragePool', x, options, { count_include_pad: { int: 0 } });
}

/** The mean of each channel over all places: [B, C, H, W] -> [B, C]. */
export function globalMean(x: Value): Value {
  expectFloat('ReduceMean', 'input', x);
  expectRank('ReduceMean', 'input', x, 4);
  const axes = x.graph.constant('int64', [2], [2, 3]);
  return x.graph.node(
    'ReduceMean',
    [x, axes],
    { dtype: x.dtype, shape: x.shape.slice(0, 2) },
    { keepdims: { int: 0 } },
  );
}

function pool(
  operator: 'MaxPool' | 'AveragePool',
  x: Value,
  { kernel, stride = 1, padding = 0 }: PoolingOptions,
  attributes: Readonly<Record<string, { readonly int: number }>>,
): Value {
  expectFloat(operator, 'input', x);
  expectRank(operator, 'input', x, 4);
  const side = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const [height, width] = [side(x.size(2)), side(x.size(3))];
  if (height < 1 || width < 1) {
    throw new AuthoringError(operator, 'input', `at least as large as the window ${kernel} x ${kernel}`, x);
  }
  const shape: Shape = [x.size(0), x.size(1), height, width];
  return x.graph.node(
    operator,
    [x],
    { dtype: x.dtype, shape },
    {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
      ...attributes,
    },
  );
}
