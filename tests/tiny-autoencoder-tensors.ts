/** Tiny autoencoders of 8 channels and three stages of one block, as their author's files number the layers. */
import type { WritableTensor } from '../native-models/weight-formats/write-safetensors.js';

interface Options {
  readonly latentChannels: number;
  /** What stands before the numbers. */
  readonly prefix?: string;
}

type Tensors = Record<string, WritableTensor>;

const WIDTH = 8;

export function tinyEncoder({ latentChannels, prefix = '' }: Options): Tensors {
  return {
    ...convolution(`${prefix}0`, WIDTH, 3),
    ...block(`${prefix}1`),
    ...convolution(`${prefix}2`, WIDTH, WIDTH, { bias: false }),
    ...block(`${prefix}3`),
    ...convolution(`${prefix}4`, WIDTH, WIDTH, { bias: false }),
    ...block(`${prefix}5`),
    ...convolution(`${prefix}6`, latentChannels, WIDTH),
  };
}

export function tinyDecoder({ latentChannels, prefix = '' }: Options): Tensors {
  return {
    ...convolution(`${prefix}1`, WIDTH, latentChannels),
    ...block(`${prefix}3`),
    ...convolution(`${prefix}5`, WIDTH, WIDTH, { bias: false }),
    ...block(`${prefix}6`),
    ...convolution(`${prefix}8`, WIDTH, WIDTH, { bias: false }),
    ...block(`${prefix}9`),
    ...convolution(`${prefix}10`, 3, WIDTH),
  };
}

export function block(name: string): Tensors {
  return Object.assign({}, ...[0, 2, 4].map((n) => convolution(`${name}.conv.${n}`, WIDTH, WIDTH))) as Tensors;
}

export function convolution(name: string, out: number, channels: number, { bias = true } = {}): Tensors {
  const weight = zeros([out, channels, 3, 3]);
  return bias ? { [`${name}.weight`]: weight, [`${name}.bias`]: zeros([out]) } : { [`${name}.weight`]: weight };
}

function zeros(shape: readonly number[]): WritableTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)) };
}
