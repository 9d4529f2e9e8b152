/**
 * Inception v3 as FID knows it: a picture to the 2048 features that distances between sets of pictures are measured in,
 * and to the logits of 1008 classes.
 *
 * Paper: Szegedy and others 2015, "Rethinking the Inception Architecture for Computer Vision"; the network is the one that
 * Google published on 2015-12-05, which Heusel and others 2017 (FID) and Salimans and others 2016 (IS) use.
 * Reference: pytorch-fid 0.3.0, inception.py; torch-fidelity 0.4.0, feature_extractor_inceptionv3.py. Names of tensors are
 * theirs.
 *
 * What differs from the paper and from torchvision's Inception v3:
 *   1. padding is not counted in average pools (TensorFlow's way);
 *   2. the last block pools with the maximum, where all others take the mean;
 *   3. 1008 classes; the logits have no bias, as in the first code for IS;
 *   4. no auxiliary classifier, and no other scale of the input than what the caller gives.
 *
 * B batch, C channels, H height, W width.
 */
import * as op from '../onnx/operators/index.js';
import type { Graph } from '../onnx/graph.js';
import type { Value } from '../onnx/value.js';
import type { PictureSizes } from './clip-vision-model.js';
import { Weights } from './weights.js';

/** Side of the pictures it takes, in pixels; width of its features; number of its classes. */
export const fidInceptionSizes = { side: 299, features: 2048, classes: 1008 } as const;

/** Of all batch norms: TensorFlow's, not the 1e-5 of torch. */
const EPSILON = 1e-3;

// ---------------------------------------------------------------------------------------------------- layers ----

interface ConvOptions {
  readonly stride?: number;
  /** [height, width], or both. */
  readonly padding?: number | readonly [number, number];
}

/** [B, C, H, W] -> [B, out, H', W']: convolution without a bias, batch norm, ReLU. */
function conv(
  weights: Weights,
  x: Value,
  out: number,
  kernel: number | readonly [number, number],
  { stride = 1, padding = 0 }: ConvOptions = {},
): Value {
  const [kh, kw] = pair(kernel);
  const [ph, pw] = pair(padding);
  const w = weights.tensor('conv.weight', [out, x.size(1), kh, kw]);
  const y = op.convolution(x, w, null, { stride, padding: [ph, pw, ph, pw] });
  const bn = weights.at('bn');
  const statistics = {
    scale: bn.tensor('weight', [out]),
    shift: bn.tensor('bias', [out]),
    mean: bn.tensor('running_mean', [out]),
    variance: bn.tensor('running_var', [out]),
  };
  return op.relu(op.batchNorm(y, statistics, EPSILON));
}

const pair = (size: number | readonly [number, number]): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

type Pool = (x: Value) => Value;

const meanAround: Pool = (x) => op.averagePool(x, { kernel: 3, padding: 1 });
const largestAround: Pool = (x) => op.maxPool(x, { kernel: 3, padding: 1 });
const halved: Pool = (x) => op.maxPool(x, { kernel: 3, stride: 2 });

/** Convolutions along the columns and along the rows, which together see a square at the price of two lines. */
const alongRow = (size: number): readonly [[number, number], ConvOptions] => [
  [1, size],
  { padding: [0, (size - 1) / 2] },
];
const alongColumn = (size: number): readonly [[number, number], ConvOptions] => [
  [size, 1],
  { padding: [(size - 1) / 2, 0] },
];

// ---------------------------------------------------------------------------------------------------- blocks ----

/** Figure 5 of the paper: [B, C, 35, 35] -> [B, 224 + pooled, 35, 35] */
function blockA(weights: Weights, x: Value, pooled: number): Value {
  const one = conv(weights.at('branch1x1'), x, 64, 1);

  let five = conv(weights.at('branch5x5_1'), x, 48, 1);
  five = conv(weights.at('branch5x5_2'), five, 64, 5, { padding: 2 });

  let three = conv(weights.at('branch3x3dbl_1'), x, 64, 1);
  three = conv(weights.at('branch3x3dbl_2'), three, 96, 3, { padding: 1 });
  three = conv(weights.at('branch3x3dbl_3'), three, 96, 3, { padding: 1 });

  const pool = conv(weights.at('branch_pool'), meanAround(x), pooled, 1);
  return op.concat([one, five, three, pool], 1);
}

/** Figure 10: half the size, [B, C, 35, 35] -> [B, 480 + C, 17, 17] */
function blockB(weights: Weights, x: Value): Value {
  const three = conv(weights.at('branch3x3'), x, 384, 3, { stride: 2 });

  let double = conv(weights.at('branch3x3dbl_1'), x, 64, 1);
  double = conv(weights.at('branch3x3dbl_2'), double, 96, 3, { padding: 1 });
  double = conv(weights.at('branch3x3dbl_3'), double, 96, 3, { stride: 2 });

  return op.concat([three, double, halved(x)], 1);
}

/** Figure 6 with n = 7: [B, 768, 17, 17] -> the same; `c7` channels inside of the long branches */
function blockC(weights: Weights, x: Value, c7: number): Value {
  const one = conv(weights.at('branch1x1'), x, 192, 1);

  let seven = conv(weights.at('branch7x7_1'), x, c7, 1);
  seven = conv(weights.at('branch7x7_2'), seven, c7, ...alongRow(7));
  seven = conv(weights.at('branch7x7_3'), seven, 192, ...alongColumn(7));

  let double = conv(weights.at('branch7x7dbl_1'), x, c7, 1);
  double = conv(weights.at('branch7x7dbl_2'), double, c7, ...alongColumn(7));
  double = conv(weights.at('branch7x7dbl_3'), double, c7, ...alongRow(7));
  double = conv(weights.at('branch7x7dbl_4'), double, c7, ...alongColumn(7));
  double = conv(weights.at('branch7x7dbl_5'), double, 192, ...alongRow(7));

  const pool = conv(weights.at('branch_pool'), meanAround(x), 192, 1);
  return op.concat([one, seven, double, pool], 1);
}

/** Half the size again: [B, 768, 17, 17] -> [B, 1280, 8, 8] */
function blockD(weights: Weights, x: Value): Value {
  let three = conv(weights.at('branch3x3_1'), x, 192, 1);
  three = conv(weights.at('branch3x3_2'), three, 320, 3, { stride: 2 });

  let seven = conv(weights.at('branch7x7x3_1'), x, 192, 1);
  seven = conv(weights.at('branch7x7x3_2'), seven, 192, ...alongRow(7));
  seven = conv(weights.at('branch7x7x3_3'), seven, 192, ...alongColumn(7));
  seven = conv(weights.at('branch7x7x3_4'), seven, 192, 3, { stride: 2 });

  return op.concat([three, seven, halved(x)], 1);
}

/** Figure 7: wide rather than deep, [B, C, 8, 8] -> [B, 2048, 8, 8] */
function blockE(weights: Weights, x: Value, pool: Pool): Value {
  const one = conv(weights.at('branch1x1'), x, 320, 1);

  const narrow = conv(weights.at('branch3x3_1'), x, 384, 1);
  const three = [
    conv(weights.at('branch3x3_2a'), narrow, 384, ...alongRow(3)),
    conv(weights.at('branch3x3_2b'), narrow, 384, ...alongColumn(3)),
  ] as const;

  let deep = conv(weights.at('branch3x3dbl_1'), x, 448, 1);
  deep = conv(weights.at('branch3x3dbl_2'), deep, 384, 3, { padding: 1 });
  const double = [
    conv(weights.at('branch3x3dbl_3a'), deep, 384, ...alongRow(3)),
    conv(weights.at('branch3x3dbl_3b'), deep, 384, ...alongColumn(3)),
  ] as const;

  const pooled = conv(weights.at('branch_pool'), pool(x), 192, 1);
  return op.concat([one, ...three, ...double, pooled], 1);
}

// --------------------------------------------------------------------------------------------------- network ----

/**
 * in   pixel_values [B, 3, 299, 299], scaled as the tool to agree with does: pytorch-fid x / 127.5 - 1
 * out  pool3 [B, 2048], the features, all at least 0; logits [B, 1008] without bias
 */
export function fidInception(graph: Graph, { batch }: PictureSizes): void {
  const weights = new Weights(graph);
  const { side, features, classes } = fidInceptionSizes;
  let x = graph.input('pixel_values', 'float32', [batch, 3, side, side]);

  x = conv(weights.at('Conv2d_1a_3x3'), x, 32, 3, { stride: 2 }); // [B, 32, 149, 149]
  x = conv(weights.at('Conv2d_2a_3x3'), x, 32, 3); // [B, 32, 147, 147]
  x = conv(weights.at('Conv2d_2b_3x3'), x, 64, 3, { padding: 1 }); // [B, 64, 147, 147]
  x = halved(x); // [B, 64, 73, 73]
  x = conv(weights.at('Conv2d_3b_1x1'), x, 80, 1); // [B, 80, 73, 73]
  x = conv(weights.at('Conv2d_4a_3x3'), x, 192, 3); // [B, 192, 71, 71]
  x = halved(x); // [B, 192, 35, 35]
  x = blockA(weights.at('Mixed_5b'), x, 32); // [B, 256, 35, 35]
  x = blockA(weights.at('Mixed_5c'), x, 64); // [B, 288, 35, 35]
  x = blockA(weights.at('Mixed_5d'), x, 64); // [B, 288, 35, 35]
  x = blockB(weights.at('Mixed_6a'), x); // [B, 768, 17, 17]
  x = blockC(weights.at('Mixed_6b'), x, 128);
  x = blockC(weights.at('Mixed_6c'), x, 160);
  x = blockC(weights.at('Mixed_6d'), x, 160);
  x = blockC(weights.at('Mixed_6e'), x, 192);
  x = blockD(weights.at('Mixed_7a'), x); // [B, 1280, 8, 8]
  x = blockE(weights.at('Mixed_7b'), x, meanAround); // [B, 2048, 8, 8]
  x = blockE(weights.at('Mixed_7c'), x, largestAround);

  const pooled = op.globalMean(x);
  graph.output('pool3', pooled); // [B, 2048]
  graph.output('logits', op.linear(pooled, weights.tensor('fc.weight', [classes, features]))); // [B, 1008]
}
