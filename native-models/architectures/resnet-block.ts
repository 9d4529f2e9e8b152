/**
 * The residual block of UNets and autoencoders (He and others 2015, in the form of Ho and others 2020), and the
 * convolutions between resolutions.
 *
 * Reference: diffusers 0.42.1, models/resnet.py ResnetBlock2D, downsampling.py, upsampling.py.
 * B batch, C channels in, O channels out, H height, W width, E width of the time embedding.
 */
import { add, halve, multiply, reshape, divide, resizeNearest } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { Activation } from './layers.js';
import { activate, conv2d, groupNorm, linear } from './layers.js';
import type { Weights } from './weights.js';

export interface ResnetOptions {
  readonly groups: number;
  readonly epsilon: number;
  readonly activation: Activation;
  /** How time enters: added after the first convolution, or as scale and shift of the second norm. */
  readonly timeScaleShift?: 'default' | 'scale_shift';
  /** The sum of both paths is divided by this. */
  readonly outputScale?: number;
}

/**
 * x [B, C, H, W] -> [B, O, H, W].
 * `time` [B, E] is the time embedding after its activation; null in autoencoders, which know no time.
 */
export function resnetBlock(weights: Weights, x: Value, time: Value | null, O: number, options: ResnetOptions): Value {
  const { groups, epsilon, activation, timeScaleShift = 'default', outputScale = 1 } = options;
  const modulated = timeScaleShift === 'scale_shift';

  let h = activate(groupNorm(weights.at('norm1'), x, groups, epsilon), activation);
  h = conv2d(weights.at('conv1'), h, O); // [B, O, H, W]

  const shift = time && perChannel(linear(weights.at('time_emb_proj'), time, modulated ? 2 * O : O)); // [B, O, 1, 1]
  if (shift && !modulated) h = add(h, shift);
  h = groupNorm(weights.at('norm2'), h, groups, epsilon);
  if (shift && modulated) h = scaleAndShift(h, shift);

  h = conv2d(weights.at('conv2'), activate(h, activation), O);
  const straight = x.size(1) === O ? x : conv2d(weights.at('conv_shortcut'), x, O, { kernel: 1 });
  const sum = add(straight, h);
  return outputScale === 1 ? sum : divide(sum, outputScale);
}

function perChannel(x: Value): Value {
  return reshape(x, [x.size(0), x.size(1), 1, 1]);
}

/** x * (1 + scale) + shift, scale and shift stacked along the channels of `both` [B, 2C, 1, 1]. */
function scaleAndShift(x: Value, both: Value): Value {
  const [scale, shift] = halve(both, 1);
  return add(multiply(x, add(scale, 1)), shift);
}

/**
 * Half the size: [B, C, H, W] -> [B, C, ceil(H/2), ceil(W/2)] with padding 1. With padding 0 one row below and one
 * column on the right are added first (autoencoders): [B, C, floor(H/2), floor(W/2)].
 */
export function downsample(weights: Weights, x: Value, padding: number): Value {
  return conv2d(weights.at('conv'), x, x.size(1), { stride: 2, padding: padding === 0 ? [0, 0, 1, 1] : padding });
}

/** To an explicit size, so that a skip of odd size is met exactly: [B, C, h, w] -> [B, C, H, W]. */
export function upsample(weights: Weights, x: Value, H: number, W: number): Value {
  return conv2d(weights.at('conv'), resizeNearest(x, H, W), x.size(1));
}
