/**
 * The config of a UNet from the names and shapes of its tensors in CompVis's and Stability's layout. What no shape tells is
 * the same in all of them (groups, activation, paddings) or follows from the family (heads).
 *
 * Reference: the configs of stable-diffusion-v1-5, -2-1 and -xl-base-1.0 in diffusers' form; CompVis/stable-diffusion,
 * configs/stable-diffusion/v1-inference.yaml; Stability-AI/generative-models, configs/inference/sd_xl_base.yaml.
 */
import type { UNetConfig } from '../../architectures/unet-2d-condition.js';
import type { DiffusionFamily } from '../picture-model.js';
import type { PartShapes } from './part-shapes.js';

/** Latent pixels along a side that the family was trained at; 96 in SD 2's models of velocity. */
const sampleSizes: Readonly<Record<DiffusionFamily, number>> = { sd1: 64, sd2: 64, sdxl: 128 };

/** SDXL's six sizes are told as so many sines and cosines each. */
const SIZE_WIDTH = 256;

/** @param shapes below `model.diffusion_model.` */
export function ldmUNetConfig(shapes: PartShapes, family: DiffusionFamily): UNetConfig {
  const first = shapes.size('input_blocks.0.0.weight', 0);
  const levels = downLevels(shapes);
  const coarsest = levels.length - 1;
  const ups = upLevels(
    shapes,
    levels.map(({ length }) => length + 1),
  );
  const textWidth = shapes.firstEndingWith('attn2.to_k.weight')?.[1];
  if (textWidth === undefined) throw shapes.unfit('has a UNet that reads no text, which is not supported.');
  const midDepth = depthAt(shapes, 'middle_block.1');

  return {
    inChannels: shapes.size('input_blocks.0.0.weight', 1),
    outChannels: shapes.size('out.2.weight', 0),
    centerInputSample: false,
    sampleSize: sampleSizes[family],
    blocks: levels.map((layers, i) => {
      const channels = layers[0]?.channels ?? first;
      const attends = attendsAlike(shapes, layers);
      // The transformer in the middle is as deep as those of the coarsest level, or as this says where that has none.
      const idle = i === coarsest ? Math.max(1, midDepth) : 1;
      return {
        channels,
        layers: layers.length,
        attends,
        transformerLayers: layers.map(({ depth }) => (attends ? depth : idle)),
        heads: headsOf(shapes, channels, family),
        textWidth,
        onlyCrossAttention: false,
      };
    }),
    upAttends: ups.map((layers) => attendsAlike(shapes, layers)),
    upTransformerLayers: ups.map((layers, i) =>
      layers.map(({ depth }) => depth || (i === 0 ? Math.max(1, midDepth) : 1)),
    ),
    mid: midDepth > 0 ? 'cross-attention' : shapes.has('middle_block.0.in_layers.0.weight') ? 'plain' : 'none',
    midScale: 1,
    downsamplePadding: 1,
    activation: 'silu',
    groups: 32,
    epsilon: 1e-5,
    linearProjection: shapes.firstEndingWith('.proj_in.weight')?.length === 2,
    timeScaleShift: 'default',
    convInKernel: shapes.size('input_blocks.0.0.weight', 2),
    convOutKernel: shapes.size('out.2.weight', 2),
    textProjectionFrom: null,
    time: {
      width: shapes.size('time_embed.0.weight', 0),
      flipSinToCos: true,
      freqShift: 0,
      postActivation: null,
      sumActivation: null,
      conditionWidth: null,
    },
    classes: null,
    textTime: shapes.has('label_emb.0.0.weight')
      ? { width: SIZE_WIDTH, inputWidth: shapes.size('label_emb.0.0.weight', 1) }
      : null,
  };
}

interface Layer {
  /** Of the residual block. */
  readonly channels: number;
  /** Of its transformer; 0: it has none. */
  readonly depth: number;
}

/** From the finest to the coarsest; each but the last ends with a downsampler, which stands in a place of its own. */
function downLevels(shapes: PartShapes): Layer[][] {
  const levels: Layer[][] = [[]];
  for (let place = 1; ; place++) {
    const block = `input_blocks.${place}`;
    if (shapes.has(`${block}.0.op.weight`)) levels.push([]);
    else if (shapes.has(`${block}.0.in_layers.0.weight`)) levels.at(-1)?.push(layerAt(shapes, block));
    else return levels;
  }
}

/** From the coarsest to the finest: the mirror of the way down. `lengths`: layers of its levels, finest first. */
function upLevels(shapes: PartShapes, lengths: readonly number[]): Layer[][] {
  let place = 0;
  return lengths
    .toReversed()
    .map((length) => Array.from({ length }, () => layerAt(shapes, `output_blocks.${place++}`)));
}

function layerAt(shapes: PartShapes, block: string): Layer {
  return { channels: shapes.size(`${block}.0.out_layers.3.weight`, 0), depth: depthAt(shapes, `${block}.1`) };
}

const depthAt = (shapes: PartShapes, transformer: string): number =>
  shapes.count((depth) => `${transformer}.transformer_blocks.${depth}.norm1.weight`);

function attendsAlike(shapes: PartShapes, layers: readonly Layer[]): boolean {
  const attending = layers.filter(({ depth }) => depth > 0).length;
  if (attending === 0 || attending === layers.length) return attending > 0;
  throw shapes.unfit('has a UNet with transformers in some layers of a level only, which is not supported.');
}

/** Eight in Stable Diffusion 1; later ones have heads of width 64. */
function headsOf(shapes: PartShapes, channels: number, family: DiffusionFamily): number {
  const heads = family === 'sd1' ? 8 : channels / 64;
  if (Number.isInteger(heads) && heads > 0 && channels % heads === 0) return heads;
  throw shapes.unfit(`has a UNet of ${channels} channels: how many heads it has cannot be told from its file.`);
}
