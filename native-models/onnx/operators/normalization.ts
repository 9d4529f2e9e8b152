/** Norms. */
import { AuthoringError, expectRank } from '../authoring-error.js';
import type { Value } from '../value.js';
import { describe } from '../value.js';
import { add, multiply } from './elementwise.js';
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
