/**
 * The autoencoder of Stable Diffusion: pictures to small latent pictures and back.
 *
 * Paper: Rombach and others 2022, section 3.1 and appendix G (after Esser and others 2021).
 * Reference: diffusers 0.42.1, models/autoencoders/autoencoder_kl.py, vae.py, unets/unet_2d_blocks.py.
 *
 * What differs: the encoder gives mean and log-variance as they are, sampling is the pipeline's; the decoder takes
 * latents already divided by the scaling factor; no tiling.
 *
 * B batch, C channels, H height and W width of the picture, h and w of the latent picture.
 */
import type { Graph } from '../onnx/graph.js';
import { add, attention } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { ConfigReader } from './config-reader.js';
import type { Activation } from './layers.js';
import { activate, conv2d, groupNorm, linear, toPicture, toTokens } from './layers.js';
import type { ResnetOptions } from './resnet-block.js';
import { downsample, resnetBlock, upsample } from './resnet-block.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- config ----

/** `vae/config.json`, read. In brackets: the field it comes from and its value in SD 1.5, SD 2 and SDXL alike. */
export interface AutoencoderConfig {
  /** [in_channels: 3] */
  readonly inChannels: number;
  /** [out_channels: 3] */
  readonly outChannels: number;
  /** [latent_channels: 4] 16 in later families */
  readonly latentChannels: number;
  /** [block_out_channels: 128 256 512 512] each block but the last halves the size */
  readonly channels: readonly number[];
  /** [layers_per_block: 2] the decoder has one more */
  readonly layers: number;
  /** [norm_num_groups: 32] */
  readonly groups: number;
  /** [act_fn: silu] */
  readonly activation: Activation;
  /** [mid_block_add_attention: true] */
  readonly midAttention: boolean;
  /** [use_quant_conv, use_post_quant_conv: true] 1 x 1 convolutions on the latent side */
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  /** [scaling_factor: 0.18215, 0.18215, 0.13025] latents times this have unit variance */
  readonly scalingFactor: number;
  /** [shift_factor: null] subtracted before scaling; 0 here */
  readonly shiftFactor: number;
}

export function parseAutoencoderConfig(config: ConfigReader): AutoencoderConfig {
  config.only('_class_name', 'AutoencoderKL');
  for (const name of ['latents_mean', 'latents_std']) config.only(name); // Playground 2.5
  const channels = config.integers('block_out_channels', [64]);
  const blocksOf = (name: string, type: string): void => {
    const types = config.perBlock(
      name,
      config.texts(name, new Array<string>(channels.length).fill(type)),
      channels.length,
    );
    if (types.some((word) => word !== type)) throw config.unsupported(name, `known blocks: ${type}`);
  };
  blocksOf('down_block_types', 'DownEncoderBlock2D');
  blocksOf('up_block_types', 'UpDecoderBlock2D');
  return {
    inChannels: config.integer('in_channels', 3),
    outChannels: config.integer('out_channels', 3),
    latentChannels: config.integer('latent_channels', 4),
    channels,
    layers: config.integer('layers_per_block', 1),
    groups: config.integer('norm_num_groups', 32),
    activation: config.choice('act_fn', 'silu', ['silu', 'swish', 'gelu', 'relu', 'mish']),
    midAttention: config.flag('mid_block_add_attention', true),
    quantConv: config.flag('use_quant_conv', true),
    postQuantConv: config.flag('use_post_quant_conv', true),
    scalingFactor: config.number('scaling_factor', 0.18215),
    shiftFactor: config.number('shift_factor', 0),
  };
}

/** How many pixels a latent pixel stands for, along one side: 8 in Stable Diffusion. `upFactor` is a tiny one's. */
export function pixelsPerLatent({
  channels,
  upFactor = 2,
}: Pick<AutoencoderConfig, 'channels'> & { readonly upFactor?: number }): number {
  return upFactor ** (channels.length - 1);
}

// ---------------------------------------------------------------------------------------------------- blocks ----

const EPSILON = 1e-6;

function resnetOptions({ groups, activation }: AutoencoderConfig): ResnetOptions {
  return { groups, activation, epsilon: EPSILON };
}

/** `layers` residual blocks one after another: [B, C, H, W] -> [B, O, H, W] */
function resnets(weights: Weights, config: AutoencoderConfig, x: Value, O: number, layers: number): Value {
  for (let j = 0; j < layers; j++) x = resnetBlock(weights.at('resnets', j), x, null, O, resnetOptions(config));
  return x;
}

/** All places attend to each other, with one head as wide as the picture has channels: [B, C, h, w] -> the same */
function selfAttention(weights: Weights, x: Value, groups: number): Value {
  const [C, h, w] = [x.size(1), x.size(2), x.size(3)];
  const tokens = toTokens(groupNorm(weights.at('group_norm'), x, groups, EPSILON)); // [B, h*w, C]
  const [q, k, v] = (['to_q', 'to_k', 'to_v'] as const).map((name) => linear(weights.at(name), tokens, C)) as [
    Value,
    Value,
    Value,
  ];
  const mixed = linear(weights.at('to_out.0'), attention(q, k, v, { heads: 1 }), C); // [B, h*w, C]
  return add(toPicture(mixed, h, w), x);
}

function midBlock(weights: Weights, config: AutoencoderConfig, x: Value): Value {
  const C = x.size(1);
  x = resnetBlock(weights.at('resnets.0'), x, null, C, resnetOptions(config));
  if (config.midAttention) x = selfAttention(weights.at('attentions.0'), x, config.groups);
  return resnetBlock(weights.at('resnets.1'), x, null, C, resnetOptions(config));
}

/** Norm, activation (SiLU whatever `act_fn` says, as in the reference) and the last convolution. */
function head(weights: Weights, config: AutoencoderConfig, x: Value, out: number): Value {
  const h = groupNorm(weights.at('conv_norm_out'), x, config.groups, EPSILON);
  return conv2d(weights.at('conv_out'), activate(h, 'silu'), out);
}

// -------------------------------------------------------------------------------------------------- networks ----

export interface AutoencoderSizes {
  readonly batch: number;
  /** Of the input: pixels for the encoder, latent pixels for the decoder. */
  readonly height: number;
  readonly width: number;
}

/**
 * in   sample [B, 3, H, W] in -1..1
 * out  latent_parameters [B, 2 * latentChannels, h, w]: mean, then log-variance
 */
export function autoencoderKLEncoder(graph: Graph, config: AutoencoderConfig, sizes: AutoencoderSizes): void {
  const weights = new Weights(graph, 'encoder');
  const moments = 2 * config.latentChannels;
  const last = config.channels.length - 1;

  let x = graph.input('sample', 'float32', [sizes.batch, config.inChannels, sizes.height, sizes.width]);
  x = conv2d(weights.at('conv_in'), x, config.channels[0] as number); // [B, C0, H, W]
  for (const [i, channels] of config.channels.entries()) {
    const block = weights.at('down_blocks', i);
    x = resnets(block, config, x, channels, config.layers); // [B, channels, H, W]
    if (i < last) x = downsample(block.at('downsamplers.0'), x, 0); // [B, channels, H/2, W/2]
  }
  x = midBlock(weights.at('mid_block'), config, x);
  x = head(weights, config, x, moments); // [B, 2 * latentChannels, h, w]
  if (config.quantConv) x = conv2d(new Weights(graph, 'quant_conv'), x, moments, { kernel: 1 });
  graph.output('latent_parameters', x);
}

/**
 * in   latent_sample [B, latentChannels, h, w], already divided by the scaling factor
 * out  sample [B, 3, H, W] in -1..1 or a little beyond
 */
export function autoencoderKLDecoder(graph: Graph, config: AutoencoderConfig, sizes: AutoencoderSizes): void {
  const weights = new Weights(graph, 'decoder');
  const channelsUp = config.channels.toReversed();
  const last = channelsUp.length - 1;

  let x = graph.input('latent_sample', 'float32', [sizes.batch, config.latentChannels, sizes.height, sizes.width]);
  if (config.postQuantConv) x = conv2d(new Weights(graph, 'post_quant_conv'), x, config.latentChannels, { kernel: 1 });
  x = conv2d(weights.at('conv_in'), x, channelsUp[0] as number); // [B, C, h, w]
  x = midBlock(weights.at('mid_block'), config, x);
  for (const [i, channels] of channelsUp.entries()) {
    const block = weights.at('up_blocks', i);
    x = resnets(block, config, x, channels, config.layers + 1); // [B, channels, h, w]
    if (i < last) x = upsample(block.at('upsamplers.0'), x, 2 * x.size(2), 2 * x.size(3)); // [B, channels, 2h, 2w]
  }
  graph.output('sample', head(weights, config, x, config.outChannels)); // [B, 3, H, W]
}

/**
 * The attention's names in autoencoders saved before diffusers 0.17, Stable Diffusion 1.5's own among them.
 * A source of weights looks them up when the new name is not there.
 */
export function oldAttentionName(name: string): string {
  return name
    .replace('.attentions.0.to_q.', '.attentions.0.query.')
    .replace('.attentions.0.to_k.', '.attentions.0.key.')
    .replace('.attentions.0.to_v.', '.attentions.0.value.')
    .replace('.attentions.0.to_out.0.', '.attentions.0.proj_attn.');
}
