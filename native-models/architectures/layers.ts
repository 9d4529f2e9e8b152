/**
 * The layers that all networks are made of, each with its weights under the checkpoint's names (`weight`, `bias`).
 * B batch, C channels, H height, W width, T tokens, D width of a token.
 */
import { AuthoringError } from '../onnx/authoring-error.js';
import { layerForms } from '../onnx/operator-table.js';
import * as op from '../onnx/operators/index.js';
import type { ConvolutionOptions } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import { withLowRankBranch } from './low-rank-branch.js';
import type { Weights } from './weights.js';

/** [..., in] -> [..., out] */
export function linear(weights: Weights, x: Value, out: number, { bias = true } = {}): Value {
  return withLowRankBranch(
    weights,
    { kind: 'linear', inFeatures: x.size(-1), outFeatures: out, kernel: null },
    product(weights, x, out, { bias }),
    (down, up) => op.linear(op.linear(x, down), up),
  );
}

/** x [..., in] times the module's matrix [out, in], in whichever form that is stored. */
function product(weights: Weights, x: Value, out: number, { bias }: { bias: boolean }): Value {
  const { graph } = weights;
  const shape = [out, x.size(-1)] as const;
  const quantized = graph.quantizedMatrix(weights.at('weight').path, shape, 'blocks');
  const w = quantized ?? weights.tensor('weight', shape);
  const b = bias ? weights.tensor('bias', [out]) : null;
  return 'packed' in w ? op.quantizedLinear(x, w, b, graph.quantizedCompute) : op.linear(x, w, b);
}

export interface ConvOptions extends ConvolutionOptions {
  readonly kernel?: number;
  /** True unless told. */
  readonly bias?: boolean;
}

/** [B, C, H, W] -> [B, out, H', W'] with a square kernel; "same" padding unless told. */
export function conv2d(weights: Weights, x: Value, out: number, options: ConvOptions = {}): Value {
  const { kernel = 3, stride = 1, padding = (kernel - 1) / 2, bias = true } = options;
  const channels = x.size(1);
  const w = weights.tensor('weight', [out, channels, kernel, kernel]);
  const b = bias ? weights.tensor('bias', [out]) : null;
  return withLowRankBranch(
    weights,
    { kind: 'conv', inFeatures: channels, outFeatures: out, kernel: [kernel, kernel] },
    op.convolution(x, w, b, { stride, padding }),
    (down, up) => op.convolution(op.convolution(x, down, null, { stride, padding }), op.unsqueeze(up, [2, 3])),
  );
}

/** [B, C, H, W] -> the same; statistics over each of `groups` groups of channels. */
export function groupNorm(weights: Weights, x: Value, groups: number, epsilon: number): Value {
  const C = x.size(1);
  const scale = weights.tensor('weight', [C], [C, 1, 1]);
  const shift = weights.tensor('bias', [C], [C, 1, 1]);
  return op.groupNorm(x, groups, scale, shift, epsilon);
}

/** [..., D] -> the same */
export function layerNorm(weights: Weights, x: Value, epsilon: number): Value {
  const D = x.size(-1);
  return op.layerNorm(x, weights.tensor('weight', [D]), weights.tensor('bias', [D]), epsilon);
}

/** [..., D] -> the same; scale only */
export function rmsNorm(weights: Weights, x: Value, epsilon: number): Value {
  return op.rmsNorm(x, weights.tensor('weight', [x.size(-1)]), epsilon);
}

/** ids [...] -> [..., D]: the table's rows, which alone are made float32 where the device can. */
export function embedding(weights: Weights, ids: Value, count: number, width: number): Value {
  const shape = [count, width] as const;
  const { graph } = weights;
  const quantized = graph.quantizedMatrix(weights.at('weight').path, shape, 'rows');
  if (quantized) return op.quantizedGather(quantized, ids);
  if (layerForms[graph.device].embedding === 'float32') return op.gather(weights.tensor('weight', shape), ids);
  return op.cast(op.gather(graph.storedWeight(weights.at('weight').path, shape), ids), 'float32');
}

/** x [N, D] -> [N, count]: how alike each row is to each row of an embedding table. */
export function tiedHead(weights: Weights, x: Value, count: number): Value {
  return product(weights, x, count, { bias: false });
}

/** The activations that configs name, under the names of diffusers (`act_fn`) and transformers (`hidden_act`). */
export const activations = {
  silu: op.silu,
  swish: op.silu,
  gelu: op.gelu,
  relu: op.relu,
  mish: op.mish,
  quick_gelu: op.quickGelu,
} as const;

export type Activation = keyof typeof activations;

export function activate(x: Value, activation: Activation): Value {
  return activations[activation](x);
}

/** [B, C, H, W] -> [B, H*W, C]: a picture as a row of tokens. */
export function toTokens(x: Value): Value {
  const [B, C, H, W] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  return op.transpose(op.reshape(x, [B, C, H * W]), [0, 2, 1]);
}

/** [B, H*W, C] -> [B, C, H, W] */
export function toPicture(x: Value, H: number, W: number): Value {
  const [B, T, C] = [x.size(0), x.size(1), x.size(2)];
  if (T !== H * W) throw new AuthoringError('toPicture', 'input', `${H} x ${W} tokens`, x);
  return op.reshape(op.transpose(x, [0, 2, 1]), [B, C, H, W]);
}
