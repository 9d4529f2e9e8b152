/**
 * The tiny autoencoder of Stable Diffusion (TAESD): pictures to latent pictures and back in a few milliseconds, by plain
 * convolutions that were distilled from the large autoencoder. Previews are its use.
 *
 * Source: madebyollin/taesd, taesd.py (Bohan 2023); there is no paper.
 * Reference: diffusers 0.42.1, models/autoencoders/autoencoder_tiny.py, vae.py EncoderTiny and DecoderTiny,
 * unets/unet_2d_blocks.py AutoencoderTinyBlock.
 *
 * What differs from the large one:
 *   1. latents are of unit variance as the UNet has them: the scaling factor is 1, and the shift 0;
 *   2. the encoder gives the latents themselves. There is no log-variance and nothing to sample;
 *   3. latents are squeezed into -3..3 before they are decoded.
 * What differs from the reference: the blocks of FLUX.2's tiny autoencoder (`pooled`), which diffusers does not have, are
 * here as its author's file has them; no tiling.
 *
 * B batch, C channels, H height and W width of the picture, h and w of the latent picture.
 */
import type { Graph } from '../onnx/graph.js';
import { add, divide, multiply, relu, resizeNearest, subtract, tanh } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { AutoencoderConfig, AutoencoderSizes } from './autoencoder-kl.js';
import type { ConfigReader } from './config-reader.js';
import type { Activation } from './layers.js';
import { activate, conv2d, groupNorm } from './layers.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- config ----

/** The config of an `AutoencoderTiny`, read, or told from the shapes of a file. In brackets: field and value in TAESD. */
export interface AutoencoderTinyConfig {
  /** [in_channels: 3] */
  readonly inChannels: number;
  /** [out_channels: 3] */
  readonly outChannels: number;
  /** [latent_channels: 4] 16 for Flux and Stable Diffusion 3, 32 for FLUX.2 */
  readonly latentChannels: number;
  /** [act_fn: relu] inside of the blocks; they end in a ReLU whatever it says */
  readonly activation: Activation;
  /** [encoder_block_out_channels, num_encoder_blocks: 64 64 64 64, 1 3 3 3] null in a file with a decoder alone */
  readonly encoder: readonly TinyStage[] | null;
  /** [decoder_block_out_channels, num_decoder_blocks: 64 64 64 64, 3 3 3 1] null in a file with an encoder alone */
  readonly decoder: readonly TinyStage[] | null;
  /** [upsampling_scaling_factor: 2] */
  readonly upFactor: number;
  /** Of the stages of one way: each but one halves the size, as in `AutoencoderConfig`. */
  readonly channels: readonly number[];
  /** [scaling_factor: 1] */
  readonly scalingFactor: number;
  /** [shift_factor: 0] */
  readonly shiftFactor: number;
}

/** What is computed at one size of the picture. */
export interface TinyStage {
  readonly channels: number;
  readonly blocks: number;
  /** Blocks have normalised statistics of the whole picture in them (FLUX.2, at the size of the latents). */
  readonly pooled: boolean;
}

export function isTiny(config: AutoencoderConfig | AutoencoderTinyConfig): config is AutoencoderTinyConfig {
  return 'upFactor' in config;
}

export function parseAutoencoderTinyConfig(config: ConfigReader): AutoencoderTinyConfig {
  config.only('_class_name', 'AutoencoderTiny');
  config.only('upsample_fn', 'nearest');
  const stages = (way: 'encoder' | 'decoder', usualBlocks: readonly number[]): readonly TinyStage[] => {
    const channels = config.integers(`${way}_block_out_channels`, [64, 64, 64, 64]);
    const count = `num_${way}_blocks`;
    const blocks = config.perBlock(count, config.integers(count, usualBlocks, 0), channels.length);
    return channels.map((width, i) => ({ channels: width, blocks: blocks[i] as number, pooled: false }));
  };
  const decoder = stages('decoder', [3, 3, 3, 1]);
  return {
    inChannels: config.integer('in_channels', 3),
    outChannels: config.integer('out_channels', 3),
    latentChannels: config.integer('latent_channels', 4),
    activation: config.choice('act_fn', 'relu', ['relu', 'silu', 'swish', 'gelu', 'mish']),
    encoder: stages('encoder', [1, 3, 3, 3]),
    decoder,
    upFactor: config.integer('upsampling_scaling_factor', 2),
    channels: decoder.map(({ channels }) => channels),
    scalingFactor: config.number('scaling_factor', 1),
    shiftFactor: config.number('shift_factor', 0),
  };
}

// ---------------------------------------------------------------------------------------------------- blocks ----

/** Of the group norm in pooled blocks. */
const POOL = { wider: 4, groups: 4, epsilon: 1e-5 } as const;

/** Three convolutions beside a straight path: [B, C, H, W] -> the same */
function block(weights: Weights, x: Value, activation: Activation, pooled: boolean): Value {
  const C = x.size(1);
  if (pooled) x = add(x, pool(weights.at('pool'), x));
  let h = activate(conv2d(weights.at('conv.0'), x, C), activation);
  h = activate(conv2d(weights.at('conv.2'), h, C), activation);
  return relu(add(conv2d(weights.at('conv.4'), h, C), x));
}

/** Statistics of the whole picture for every place: [B, C, H, W] -> the same */
function pool(weights: Weights, x: Value): Value {
  const C = x.size(1);
  const h = conv2d(weights.at('0'), x, POOL.wider * C, { kernel: 1, bias: false }); // [B, 4C, H, W]
  const normal = relu(groupNorm(weights.at('1'), h, POOL.groups, POOL.epsilon));
  return conv2d(weights.at('3'), normal, C, { kernel: 1, bias: false });
}

/** The layers of one way by their numbers; those without weights (activations, up-sampling) have one, too. */
class Layers {
  readonly #weights: Weights;
  #number = 0;

  constructor(graph: Graph, way: 'encoder' | 'decoder') {
    this.#weights = new Weights(graph, `${way}.layers`);
  }

  next(): Weights {
    return this.#weights.at(this.#number++);
  }

  skip(): void {
    this.#number++;
  }
}

// -------------------------------------------------------------------------------------------------- networks ----

/**
 * in   sample [B, 3, H, W] in -1..1
 * out  latent_parameters [B, latentChannels, h, w]: the latents, of unit variance
 *
 * @param stages from the finest to the coarsest; each but the first begins with half the size
 */
export function autoencoderTinyEncoder(
  graph: Graph,
  config: AutoencoderTinyConfig,
  stages: readonly TinyStage[],
  sizes: AutoencoderSizes,
): void {
  const layers = new Layers(graph, 'encoder');

  let x = graph.input('sample', 'float32', [sizes.batch, config.inChannels, sizes.height, sizes.width]);
  x = divide(add(x, 1), 2); // 0..1
  for (const [i, { channels, blocks, pooled }] of stages.entries()) {
    x = conv2d(layers.next(), x, channels, i === 0 ? {} : { stride: 2, bias: false }); // [B, channels, H/2, W/2]
    for (let j = 0; j < blocks; j++) x = block(layers.next(), x, config.activation, pooled);
  }
  graph.output('latent_parameters', conv2d(layers.next(), x, config.latentChannels)); // [B, latentChannels, h, w]
}

/**
 * in   latent_sample [B, latentChannels, h, w], of unit variance
 * out  sample [B, 3, H, W] in -1..1 or a little beyond
 *
 * @param stages from the coarsest to the finest; each but the last ends at `upFactor` times the size
 */
export function autoencoderTinyDecoder(
  graph: Graph,
  config: AutoencoderTinyConfig,
  stages: readonly TinyStage[],
  sizes: AutoencoderSizes,
): void {
  const layers = new Layers(graph, 'decoder');
  const { activation, upFactor } = config;

  let x = graph.input('latent_sample', 'float32', [sizes.batch, config.latentChannels, sizes.height, sizes.width]);
  x = multiply(tanh(divide(x, 3)), 3);
  x = activate(conv2d(layers.next(), x, stages[0]?.channels ?? 0), activation); // [B, channels, h, w]
  layers.skip();
  for (const [i, { blocks, pooled }] of stages.entries()) {
    for (let j = 0; j < blocks; j++) x = block(layers.next(), x, activation, pooled);
    const next = stages[i + 1];
    if (!next) break;
    layers.skip();
    x = resizeNearest(x, upFactor * x.size(2), upFactor * x.size(3)); // [B, channels, 2h, 2w]
    x = conv2d(layers.next(), x, next.channels, { bias: false });
  }
  x = conv2d(layers.next(), x, config.outChannels); // [B, 3, H, W] in 0..1
  graph.output('sample', subtract(multiply(x, 2), 1));
}
