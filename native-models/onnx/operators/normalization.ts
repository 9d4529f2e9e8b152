/** Norms. */
import { AuthoringError, expectFloat, expectRank } from '../authoring-error.js';
import { layerForms } from '../operator-table.js';
import type { Value } from '../value.js';
import { describe } from '../value.js';
import { add, divide, multiply } from './elementwise.js';
import { reshape } from './movement.js';

/** Over the last axis; scale and shift [D]. */
export function layerNorm(x: Value, scale: Value, shift: Value, epsilon: number): Value {
  const D = x.shape.at(-1);
  if (scale.rank !== 1 || scale.shape[0] !== D) throw new AuthoringError('LayerNorm', 'scale', `[${D}]`, scale);
  if (shift.rank !== 1 || shift.shape[0] !== D) throw new AuthoringError('LayerNorm', 'shift', `[${D}]`, shift);
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
  return x.graph.node('LayerNormalization', [x, scale, shift], x, attributes);
}

/**
 * x / sqrt(mean of x^2 over the last axis + epsilon) * scale (Zhang and Sennrich 2019); scale [D]. In float32.
 * onnxruntime's kernel is called SimplifiedLayerNormalization; RMSNormalization came with operator set 23.
 */
export function rmsNorm(x: Value, scale: Value, epsilon: number): Value {
  const D = x.shape.at(-1);
  expectFloat('RmsNorm', 'input', x);
  if (scale.rank !== 1 || scale.shape[0] !== D) throw new AuthoringError('RmsNorm', 'scale', `[${D}]`, scale);
  const { graph } = x;
  if (layerForms[graph.device].rmsNorm === 'simplified-layer-norm') {
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
    return graph.node('SimplifiedLayerNormalization', [x, scale], x, attributes);
  }
  const one = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
  const axes = graph.constant('int64', [1], [x.rank - 1]);
  const meanSquare = graph.node('ReduceMean', [multiply(x, x), axes], one, { keepdims: { int: 1 } });
  const root = graph.node('Sqrt', [add(meanSquare, epsilon)], one);
  return multiply(divide(x, root), scale);
}

/**
 * Over groups of neighbouring channels and all places (Wu and He 2018); x [B, C, H, W], scale and shift [C, 1, 1].
 * Written as an instance norm over [B, groups, C/groups * H * W], then scale and shift for each channel: the one
 * form that has kernels on every device, and the fastest measured on the CPU.
 */
export function groupNorm(x: Value, groups: number, scale: Value, shift: Value, epsilon: number): Value {
  expectRank('GroupNorm', 'input', x, 4);
  const [B, C, H, W] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  if (C % groups !== 0)
    throw new AuthoringError('GroupNorm', 'input', `divisible into ${groups} groups of channels`, x);
  for (const [name, value] of Object.entries({ scale, shift })) {
    if (value.rank !== 3 || value.shape[0] !== C) {
      throw new AuthoringError('GroupNorm', name, `[${C}, 1, 1] for ${describe(x)}`, value);
    }
  }
  const { graph } = x;
  const fill = (number: number): Value => graph.constant('float32', [groups], new Array<number>(groups).fill(number));
  const rows = reshape(x, [B, groups, (C / groups) * H * W]);
  const even = graph.node('InstanceNormalization', [rows, fill(1), fill(0)], rows, { epsilon: { float: epsilon } });
  return add(multiply(reshape(even, [B, C, H, W]), scale), shift);
}

export interface ChannelStatistics {
  /** All [C]. */
  readonly scale: Value;
  readonly shift: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** (x - mean) / sqrt(variance + epsilon) * scale + shift with fixed statistics for each channel; x [B, C, H, W]. */
export function batchNorm(x: Value, statistics: ChannelStatistics, epsilon: number): Value {
  const C = x.shape[1];
  const { scale, shift, mean, variance } = statistics;
  for (const [name, value] of Object.entries(statistics) as [string, Value][]) {
    if (value.rank !== 1 || value.shape[0] !== C) throw new AuthoringError('BatchNorm', name, `[${C}]`, value);
  }
  const attributes = { epsilon: { float: epsilon } };
  return x.graph.node('BatchNormalization', [x, scale, shift, mean, variance], x, attributes);
}
