/**
 * The UNet's tensors under the names of Stability's and CompVis's own code, from those that diffusers gives them.
 *
 *   down_blocks.1.resnets.0.norm1.weight     input_blocks.4.0.in_layers.0.weight
 *   up_blocks.0.upsamplers.0.conv.bias       output_blocks.2.1.conv.bias, or .2.2.conv.bias where the block attends
 *
 * That code counts every layer of a path through all its levels, where diffusers counts within a level: the map is
 * made from a config's own blocks, so it holds for any number of levels, layers and attentions.
 * Reference: CompVis/stable-diffusion, ldm/modules/diffusionmodules/openaimodel.py UNetModel; Stability-AI/
 * generative-models, sgm/modules/diffusionmodules/openaimodel.py (the same names, and `label_emb`).
 */
import type { UNetConfig } from '../../architectures/unet-2d-condition.js';

/** Of a residual block. Transformers are called alike in both. */
const resnetParts: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

/** What stands outside the blocks. */
const ends: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks.0.0',
  conv_norm_out: 'out.0',
  conv_out: 'out.2',
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  'add_embedding.linear_1': 'label_emb.0.0',
  'add_embedding.linear_2': 'label_emb.0.2',
  'mid_block.resnets.0': 'middle_block.0',
  'mid_block.attentions.0': 'middle_block.1',
  'mid_block.resnets.1': 'middle_block.2',
};

/**
 * Its name for a module or tensor that diffusers' name is given of (without `model.diffusion_model.`); null for one
 * that this network does not have.
 */
export function ldmUNetNames(config: Pick<UNetConfig, 'blocks' | 'upAttends'>): (name: string) => string | null {
  const modules = new Map([...Object.entries(ends), ...downModules(config), ...upModules(config)]);
  return (name) => {
    const words = name.split('.');
    for (let length = words.length; length > 0; length--) {
      const module = words.slice(0, length).join('.');
      const found = modules.get(module);
      if (found === undefined) continue;
      const [part, ...rest] = words.slice(length);
      if (part === undefined) return found;
      const own = module.includes('.resnets.') ? resnetParts[part] : part;
      return own === undefined ? null : [found, own, ...rest].join('.');
    }
    return null;
  };
}

function* downModules({ blocks }: Pick<UNetConfig, 'blocks'>): Iterable<[string, string]> {
  let place = 1; // 0 is conv_in
  for (const [i, { layers }] of blocks.entries()) {
    for (let j = 0; j < layers; j++, place++) {
      yield [`down_blocks.${i}.resnets.${j}`, `input_blocks.${place}.0`];
      yield [`down_blocks.${i}.attentions.${j}`, `input_blocks.${place}.1`];
    }
    if (i < blocks.length - 1) yield [`down_blocks.${i}.downsamplers.0.conv`, `input_blocks.${place++}.0.op`];
  }
}

function* upModules({ blocks, upAttends }: Pick<UNetConfig, 'blocks' | 'upAttends'>): Iterable<[string, string]> {
  let place = 0;
  for (const [i, { layers }] of blocks.toReversed().entries()) {
    for (let j = 0; j < layers + 1; j++, place++) {
      yield [`up_blocks.${i}.resnets.${j}`, `output_blocks.${place}.0`];
      yield [`up_blocks.${i}.attentions.${j}`, `output_blocks.${place}.1`];
    }
    // It stands behind the last layer's own parts, in the same place.
    if (i < blocks.length - 1) {
      yield [`up_blocks.${i}.upsamplers.0.conv`, `output_blocks.${place - 1}.${upAttends[i] ? 2 : 1}.conv`];
    }
  }
}
