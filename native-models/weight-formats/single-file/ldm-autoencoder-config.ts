/** The config of an autoencoder from the names and shapes of its tensors in CompVis's layout. */
import type { AutoencoderConfig } from '../../architectures/autoencoder-kl.js';
import type { DiffusionFamily } from '../picture-model.js';
import type { PartShapes } from './part-shapes.js';

/** Latents times this have unit variance: of each family's own autoencoder. */
const scalingFactors: Readonly<Record<DiffusionFamily, number>> = { sd1: 0.18215, sd2: 0.18215, sdxl: 0.13025 };

/** @param shapes below `first_stage_model.` */
export function ldmAutoencoderConfig(shapes: PartShapes, family: DiffusionFamily): AutoencoderConfig {
  const levels = Math.max(
    1,
    shapes.count((i) => `encoder.down.${i}.block.0.conv1.weight`),
  ); // one that is not there is told
  return {
    inChannels: shapes.size('encoder.conv_in.weight', 1),
    outChannels: shapes.size('decoder.conv_out.weight', 0),
    latentChannels: shapes.size('decoder.conv_in.weight', 1),
    channels: Array.from({ length: levels }, (_, i) => shapes.size(`encoder.down.${i}.block.0.conv1.weight`, 0)),
    layers: shapes.count((j) => `encoder.down.0.block.${j}.conv1.weight`),
    groups: 32,
    activation: 'silu',
    midAttention: shapes.has('encoder.mid.attn_1.q.weight'),
    quantConv: shapes.has('quant_conv.weight'),
    postQuantConv: shapes.has('post_quant_conv.weight'),
    scalingFactor: scalingFactors[family],
    shiftFactor: 0,
  };
}
