/**
 * The denoising network of Stable Diffusion: from a noisy latent picture, a time and a text to the noise in it
 * (or to the velocity, if it was trained so).
 *
 * Papers: Ronneberger and others 2015 (the U), Ho and others 2020 (time), Rombach and others 2022 (text),
 * Podell and others 2023 (SDXL's sizes).
 * Reference: diffusers 0.42.1, models/unets/unet_2d_condition.py, unet_2d_blocks.py.
 *
 * What differs: float32 throughout; no dropout, no control networks, no attention masks. Kinds of blocks that no
 * Stable Diffusion has are refused by name (`parseUNetConfig`).
 *
 * B batch, C channels, H height and W width of the latent picture, T tokens of text, D their width,
 * E width of the time embedding.
 */
import type { Graph } from '../onnx/graph.js';
import { add, concat, multiply, reshape, subtract } from '../onnx/operators/index.js';
import type { Value } from '../onnx/value.js';
import type { ConfigReader, Json } from './config-reader.js';
import type { Activation } from './layers.js';
import { activate, conv2d, embedding as rowsOf, groupNorm, linear } from './layers.js';
import { downsample, resnetBlock, upsample } from './resnet-block.js';
import { spatialTransformer } from './spatial-transformer.js';
import { sinusoids, timestepEmbedding } from './timestep-embedding.js';
import { Weights } from './weights.js';

// ---------------------------------------------------------------------------------------------------- config ----

/** `unet/config.json`, read. In brackets: the field it comes from, then its values in SD 1.5, SD 2, SDXL. */
export interface UNetConfig {
  /** [in_channels: 4, 4, 4] 9 in inpainting checkpoints: latent, mask, masked latent */
  readonly inChannels: number;
  /** [out_channels: 4, 4, 4] */
  readonly outChannels: number;
  /** [center_input_sample: false, false, false] the sample is taken as 0..1 and stretched to -1..1 */
  readonly centerInputSample: boolean;
  /** [sample_size: 64, 64 or 96, 128] the latent size it was trained at; null: not told */
  readonly sampleSize: number | null;
  /** From the finest to the coarsest; the up path mirrors them. */
  readonly blocks: readonly UNetBlock[];
  /** [up_block_types] from the coarsest to the finest: does the block attend to the text */
  readonly upAttends: readonly boolean[];
  /** [reverse_transformer_layers_per_block: null] else the mirror image of the down path, layers of block i, resnet j */
  readonly upTransformerLayers: readonly (readonly number[])[];
  /** [mid_block_type: UNetMidBlock2DCrossAttn] two residual blocks around a transformer, one alone, or nothing */
  readonly mid: 'cross-attention' | 'plain' | 'none';
  /** [mid_block_scale_factor: 1, 1, 1] */
  readonly midScale: number;
  /** [downsample_padding: 1, 1, 1] */
  readonly downsamplePadding: number;
  /** [act_fn: silu, silu, silu] */
  readonly activation: Activation;
  /** [norm_num_groups: 32, 32, 32] */
  readonly groups: number;
  /** [norm_eps: 1e-5, 1e-5, 1e-5] */
  readonly epsilon: number;
  /** [use_linear_projection: false, true, true] */
  readonly linearProjection: boolean;
  /** [resnet_time_scale_shift: default, default, default] */
  readonly timeScaleShift: 'default' | 'scale_shift';
  /** [conv_in_kernel, conv_out_kernel: 3] */
  readonly convInKernel: number;
  readonly convOutKernel: number;
  /** [encoder_hid_dim: null] width of the text before `encoder_hid_proj` brings it to the blocks' width */
  readonly textProjectionFrom: number | null;
  readonly time: {
    /** [time_embedding_dim: null = 4 C0] */
    readonly width: number;
    /** [flip_sin_to_cos: true, true, true] */
    readonly flipSinToCos: boolean;
    /** [freq_shift: 0, 0, 0] */
    readonly freqShift: number;
    /** [timestep_post_act: null] after the embedding's second layer */
    readonly postActivation: Activation | null;
    /** [time_embedding_act_fn: null] once more after all embeddings are added */
    readonly sumActivation: Activation | null;
    /** [time_cond_proj_dim: null] 256 in latent consistency models: the guidance scale as a second condition */
    readonly conditionWidth: number | null;
  };
  /** [addition_embed_type: null, null, text_time] pooled text and six sizes, added to the time embedding */
  readonly textTime: {
    /** [addition_time_embed_dim: 256] */
    readonly width: number;
    /** [projection_class_embeddings_input_dim: 2816 = 1280 + 6 * 256] */
    readonly inputWidth: number;
  } | null;
  /** [num_class_embeds: null, null, null] 1000 in the 4x upscaler, where a class is how much noise the small picture has */
  readonly classes: number | null;
}

export interface UNetBlock {
  /** [block_out_channels: 320 640 1280 1280, the same, 320 640 1280] */
  readonly channels: number;
  /** [layers_per_block: 2, 2, 2] */
  readonly layers: number;
  /** [down_block_types] CrossAttnDownBlock2D or DownBlock2D */
  readonly attends: boolean;
  /** [transformer_layers_per_block: 1, 1, 1 2 10] for each layer of the block */
  readonly transformerLayers: readonly number[];
  /** [attention_head_dim: 8, 5 10 20 20, 5 10 20] the COUNT of heads, whatever its name says, unless num_attention_heads is set */
  readonly heads: number;
  /** [cross_attention_dim: 768, 1024, 2048] */
  readonly textWidth: number;
  /** [only_cross_attention: false, false, false] */
  readonly onlyCrossAttention: boolean;
}

const activationNames = ['silu', 'swish', 'gelu', 'relu', 'mish'] as const;

export function parseUNetConfig(config: ConfigReader): UNetConfig {
  refuseOtherNetworks(config);
  const channels = config.integers('block_out_channels', [320, 640, 1280, 1280]);
  const n = channels.length;
  const downTypes = blockTypes(config, 'down_block_types', n, 'CrossAttnDownBlock2D', 'DownBlock2D');
  const upTypes = blockTypes(config, 'up_block_types', n, 'CrossAttnUpBlock2D', 'UpBlock2D');
  const layers = config.integerPerBlock('layers_per_block', 2, n);
  const headsField = config.has('num_attention_heads') ? 'num_attention_heads' : 'attention_head_dim';
  const heads = config.integerPerBlock(headsField, 8, n);
  const textWidths = config.integerPerBlock('cross_attention_dim', 1280, n);
  const onlyCross = flagPerBlock(config, 'only_cross_attention', n);
  const transformerLayers = transformerDepths(config, 'transformer_layers_per_block', layers);

  return {
    inChannels: config.integer('in_channels', 4),
    outChannels: config.integer('out_channels', 4),
    centerInputSample: config.flag('center_input_sample', false),
    sampleSize: Array.isArray(config.json['sample_size']) ? null : config.integerOrNull('sample_size'),
    blocks: channels.map((width, i) => ({
      channels: width,
      layers: at(layers, i),
      attends: at(downTypes, i),
      transformerLayers: at(transformerLayers, i),
      heads: at(heads, i),
      textWidth: at(textWidths, i),
      onlyCrossAttention: at(onlyCross, i),
    })),
    upAttends: upTypes,
    upTransformerLayers: config.has('reverse_transformer_layers_per_block')
      ? transformerDepths(config, 'reverse_transformer_layers_per_block', layers.toReversed(), 1)
      : transformerDepths(config, 'transformer_layers_per_block', layers, 1).toReversed(),
    mid: midBlockKind(config),
    midScale: config.number('mid_block_scale_factor', 1),
    downsamplePadding: config.integer('downsample_padding', 1, 0),
    activation: config.choice('act_fn', 'silu', activationNames),
    groups: config.integer('norm_num_groups', 32),
    epsilon: config.number('norm_eps', 1e-5),
    linearProjection: config.flag('use_linear_projection', false),
    timeScaleShift: config.choice('resnet_time_scale_shift', 'default', ['default', 'scale_shift']),
    convInKernel: config.integer('conv_in_kernel', 3),
    convOutKernel: config.integer('conv_out_kernel', 3),
    textProjectionFrom: config.integerOrNull('encoder_hid_dim'),
    time: {
      width: config.integer('time_embedding_dim', at(channels, 0) * 4),
      flipSinToCos: config.flag('flip_sin_to_cos', true),
      freqShift: config.number('freq_shift', 0),
      postActivation: config.choiceOrNull('timestep_post_act', activationNames),
      sumActivation: config.choiceOrNull('time_embedding_act_fn', activationNames),
      conditionWidth: config.integerOrNull('time_cond_proj_dim'),
    },
    textTime: config.has('addition_embed_type')
      ? {
          width: config.integer('addition_time_embed_dim', 256),
          inputWidth: config.integer('projection_class_embeddings_input_dim', 2816),
        }
      : null,
    classes: config.integerOrNull('num_class_embeds'),
  };
}

/** Fields that change the network in ways no Stable Diffusion has. */
function refuseOtherNetworks(config: ConfigReader): void {
  config.only('_class_name', 'UNet2DConditionModel');
  config.only('addition_embed_type', 'text_time'); // DeepFloyd, Kandinsky
  config.only('attention_type', 'default'); // GLIGEN
  config.only('class_embed_type'); // unCLIP
  config.only('class_embeddings_concat', false);
  config.only('dual_cross_attention', false); // Versatile Diffusion
  config.only('encoder_hid_dim_type', 'text_proj'); // Kandinsky, IP-Adapter
  config.only('time_embedding_type', 'positional'); // Fourier features of K-diffusion's own networks
  if (config.json['norm_num_groups'] === null) throw config.unsupported('norm_num_groups', 'supported: a number');
}

function blockTypes(
  config: ConfigReader,
  name: string,
  n: number,
  attending: string,
  plain: string,
): readonly boolean[] {
  const fallback = new Array<string>(n).fill(attending);
  fallback[name === 'down_block_types' ? n - 1 : 0] = plain;
  return config.perBlock(name, config.texts(name, fallback), n).map((type) => {
    if (type !== attending && type !== plain) throw config.unsupported(name, `known blocks: ${attending}, ${plain}`);
    return type === attending;
  });
}

function midBlockKind(config: ConfigReader): UNetConfig['mid'] {
  if (config.json['mid_block_type'] === null) return 'none';
  const types = ['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'] as const;
  return config.choice('mid_block_type', types[0], types) === types[0] ? 'cross-attention' : 'plain';
}

function flagPerBlock(config: ConfigReader, name: string, n: number): readonly boolean[] {
  const json = config.json[name];
  if (!Array.isArray(json)) return new Array<boolean>(n).fill(config.flag(name, false));
  return config.perBlock(name, json as readonly Json[], n).map((flag) => flag === true);
}

/** Depth of each transformer: one number for all, one for each block, or a list for each block. */
function transformerDepths(
  config: ConfigReader,
  name: string,
  layers: readonly number[],
  more: 0 | 1 = 0,
): readonly (readonly number[])[] {
  const json = config.json[name];
  const perBlock: readonly Json[] = Array.isArray(json)
    ? config.perBlock(name, json as readonly Json[], layers.length)
    : new Array<Json>(layers.length).fill(config.integer(name, 1));
  return perBlock.map((entry, i) => {
    const count = at(layers, i) + more;
    const depths = Array.isArray(entry) ? (entry as readonly Json[]) : new Array<Json>(count).fill(entry);
    const fits = depths.length >= count && depths.every((depth) => Number.isInteger(depth) && Number(depth) > 0);
    if (!fits) throw config.wrong(name, 'whole numbers, one for each block or for each layer of a block');
    return depths.map(Number);
  });
}

function at<Item>(list: readonly Item[], index: number): Item {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no entry ${index} in a list of ${list.length}`);
  return item;
}

// ---------------------------------------------------------------------------------------------------- blocks ----

/** What every block gets beside its picture. */
interface Context {
  readonly config: UNetConfig;
  /** [B, E], after its activation */
  readonly time: Value;
  /** [B, T, D] */
  readonly text: Value;
}

function resnet(weights: Weights, context: Context, x: Value, channels: number, outputScale = 1): Value {
  const { groups, epsilon, activation, timeScaleShift } = context.config;
  return resnetBlock(weights, x, context.time, channels, { groups, epsilon, activation, timeScaleShift, outputScale });
}

/** `depth` layers of transformer over the picture: [B, C, H, W] -> the same */
function transformer(weights: Weights, context: Context, block: UNetBlock, depth: number, x: Value): Value {
  const { groups, linearProjection } = context.config;
  const { heads, onlyCrossAttention } = block;
  const options = { layers: depth, heads, groups, linearProjection, onlyCrossAttention };
  return spatialTransformer(weights, x, context.text, options);
}

/** Residual block j and, if the block attends, its transformer: [B, C, H, W] -> [B, channels, H, W] */
function layer(weights: Weights, context: Context, block: UNetBlock, j: number, x: Value): Value {
  x = resnet(weights.at('resnets', j), context, x, block.channels);
  if (!block.attends) return x;
  return transformer(weights.at('attentions', j), context, block, at(block.transformerLayers, j), x);
}

/** Returns its picture at half the size (but for the last block) and pushes every state on `skips`. */
function downBlock(weights: Weights, context: Context, i: number, x: Value, skips: Value[]): Value {
  const { blocks, downsamplePadding } = context.config;
  const block = at(blocks, i);
  for (let j = 0; j < block.layers; j++) {
    x = layer(weights, context, block, j, x); // [B, channels, H, W]
    skips.push(x);
  }
  if (i === blocks.length - 1) return x;
  x = downsample(weights.at('downsamplers.0'), x, downsamplePadding); // [B, channels, H/2, W/2]
  skips.push(x);
  return x;
}

/** The coarsest resolution: [B, C, h, w] -> [B, C, h, w] */
function midBlock(weights: Weights, context: Context, x: Value): Value {
  const { blocks, mid, midScale } = context.config;
  if (mid === 'none') return x;
  const block = { ...at(blocks, blocks.length - 1), onlyCrossAttention: false };
  x = resnet(weights.at('resnets.0'), context, x, block.channels, midScale);
  if (mid === 'plain') return x;
  x = transformer(weights.at('attentions.0'), context, block, at(block.transformerLayers, 0), x);
  return resnet(weights.at('resnets.1'), context, x, block.channels, midScale);
}

/** The mirror of a down block with one layer more; each layer takes the last skip beside its picture. */
function upBlock(weights: Weights, context: Context, i: number, x: Value, skips: Value[]): Value {
  const { blocks, upAttends, upTransformerLayers } = context.config;
  const mirrored = at(blocks, blocks.length - 1 - i);
  const block = { ...mirrored, attends: at(upAttends, i), transformerLayers: at(upTransformerLayers, i) };
  for (let j = 0; j < block.layers + 1; j++) {
    x = concat([x, skips.pop() as Value], 1); // [B, C + Cskip, H, W]
    x = layer(weights, context, block, j, x); // [B, channels, H, W]
  }
  const next = skips.at(-1);
  return next ? upsample(weights.at('upsamplers.0'), x, next.size(2), next.size(3)) : x; // the next skip's size
}

/** Everything that is told as a vector, summed: [B, E] */
function embedding(weights: Weights, config: UNetConfig, sizes: UNetSizes): Value {
  const { graph } = weights;
  const { time, textTime, classes, activation } = config;
  const B = sizes.batch;
  const timestep = graph.input('timestep', 'float32', [B], { broadcast: true });
  const condition = time.conditionWidth
    ? graph.input('timestep_cond', 'float32', [B, time.conditionWidth], { optional: true })
    : null;

  const waves = { flipSinToCos: time.flipSinToCos, freqShift: time.freqShift };
  let sum = timestepEmbedding(
    weights.at('time_embedding'),
    sinusoids(timestep, { size: at(config.blocks, 0).channels, ...waves }), // [B, C0]
    { width: time.width, activation, postActivation: time.postActivation, condition },
  ); // [B, E]
  if (classes) {
    const labels = graph.input('class_labels', 'int64', [B], { below: classes });
    sum = add(sum, rowsOf(weights.at('class_embedding'), labels, classes, time.width));
  }
  if (textTime) {
    const count = sizes.timeIds ?? 6;
    const pooled = graph.input('text_embeds', 'float32', [B, textTime.inputWidth - count * textTime.width]);
    const ids = reshape(graph.input('time_ids', 'float32', [B, count]), [B * count]);
    const told = reshape(sinusoids(ids, { size: textTime.width, ...waves }), [B, count * textTime.width]);
    const options = { width: time.width, activation: 'silu' } as const;
    sum = add(sum, timestepEmbedding(weights.at('add_embedding'), concat([pooled, told], 1), options));
  }
  return time.sumActivation ? activate(sum, time.sumActivation) : sum;
}

// --------------------------------------------------------------------------------------------------- network ----

export interface UNetSizes {
  readonly batch: number;
  /** Of the latent picture. */
  readonly height: number;
  readonly width: number;
  /** Of text: 77, or a multiple of it for long prompts. */
  readonly tokens: number;
  /** Sizes told to SDXL: 6; its refiner takes 5. */
  readonly timeIds?: number;
}

/**
 * in   sample [B, C, H, W], timestep [B] or [1], encoder_hidden_states [B, T, D];
 *      SDXL also text_embeds [B, P] and time_ids [B, 6]; latent consistency models may have timestep_cond [B, 256];
 *      the 4x upscaler also class_labels [B], the level of noise in the small picture (channels 4 to 6 of its sample)
 * out  out_sample [B, C, H, W]
 */
export function unet2DCondition(graph: Graph, config: UNetConfig, sizes: UNetSizes): void {
  const { batch: B, height: H, width: W, tokens: T } = sizes;
  const weights = new Weights(graph);
  const first = at(config.blocks, 0);

  let x = graph.input('sample', 'float32', [B, config.inChannels, H, W]);
  const time = activate(embedding(weights, config, sizes), config.activation); // [B, E]
  let text = graph.input('encoder_hidden_states', 'float32', [B, T, config.textProjectionFrom ?? first.textWidth]);
  if (config.textProjectionFrom) text = linear(weights.at('encoder_hid_proj'), text, first.textWidth); // [B, T, D]
  const context = { config, time, text };

  if (config.centerInputSample) x = subtract(multiply(x, 2), 1);
  x = conv2d(weights.at('conv_in'), x, first.channels, { kernel: config.convInKernel }); // [B, C0, H, W]

  const skips = [x];
  for (const i of config.blocks.keys()) x = downBlock(weights.at('down_blocks', i), context, i, x, skips);
  x = midBlock(weights.at('mid_block'), context, x);
  for (const i of config.blocks.keys()) x = upBlock(weights.at('up_blocks', i), context, i, x, skips);

  x = activate(groupNorm(weights.at('conv_norm_out'), x, config.groups, config.epsilon), config.activation);
  x = conv2d(weights.at('conv_out'), x, config.outChannels, { kernel: config.convOutKernel });
  graph.output('out_sample', x); // [B, C, H, W]
}
