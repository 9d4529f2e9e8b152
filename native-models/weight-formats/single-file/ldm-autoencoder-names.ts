/**
 * The autoencoder's tensors under the names of CompVis's own code, from those that diffusers gives them.
 *
 *   encoder.down_blocks.1.downsamplers.0.conv.bias     encoder.down.1.downsample.conv.bias
 *   decoder.up_blocks.0.resnets.2.conv1.weight         decoder.up.3.block.2.conv1.weight
 *
 * That code counts the decoder's levels from the finest one, diffusers from the coarsest. Its attention is made of 1x1
 * convolutions [C, C, 1, 1], where diffusers has matrices [C, C] of the same bytes.
 * Reference: CompVis/stable-diffusion, ldm/modules/diffusionmodules/model.py Encoder, Decoder.
 */
import type { AutoencoderConfig } from '../../architectures/autoencoder-kl.js';

const attentionParts: Readonly<Record<string, string>> = {
  group_norm: 'norm',
  to_q: 'q',
  to_k: 'k',
  to_v: 'v',
  'to_out.0': 'proj_out',
};

/** Its name for the tensor that diffusers calls `name` (without `first_stage_model.`). */
export function ldmAutoencoderNames({ channels }: Pick<AutoencoderConfig, 'channels'>): (name: string) => string {
  const finest = channels.length - 1;
  const level = (side: string, i: number): string => (side === 'down' ? `down.${i}` : `up.${finest - i}`);
  return (name) =>
    name
      .replace(
        /\b(down|up)_blocks\.(\d+)\.resnets\.(\d+)/,
        (_, side: string, i, j) => `${level(side, Number(i))}.block.${j}`,
      )
      .replace(
        /\b(down|up)_blocks\.(\d+)\.(?:down|up)samplers\.0/,
        (_, side: string, i) => `${level(side, Number(i))}.${side}sample`,
      )
      .replace(/\bmid_block\.resnets\.(\d+)/, (_, j) => `mid.block_${Number(j) + 1}`)
      .replace(/\bmid_block\.attentions\.0\.(group_norm|to_q|to_k|to_v|to_out\.0)/, (_, part: string) => {
        return `mid.attn_1.${attentionParts[part]}`;
      })
      .replace('conv_shortcut', 'nin_shortcut')
      .replace('conv_norm_out', 'norm_out');
}
