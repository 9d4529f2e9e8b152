/**
 * diffusers (58eb52c, loaders/lora_conversion_utils.py, utils/state_dict_utils.py) in its vintages:
 *
 *   down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight             0.12 to 0.16
 *   unet.…attn1.processor.to_out_lora.up.weight, text_encoder.…self_attn.to_q_lora.down.weight        0.17 and later
 *   unet.…attn1.to_out.0.lora.up.weight, text_encoder.…q_proj.lora_linear_layer.down.weight           since August 2023
 *
 * No alpha but in files that came from kohya's: the scale is 1.
 */
import type { AdaptableComponentName, Dialect, KeyReading } from '../adapter.js';
import { dottedNames, splitDottedName } from './dotted-names.js';

const slotAlone =
  /^(.+)\.(alpha|scale|dora_scale|hada_[a-z0-9_]+|lokr_[a-z0-9_]+|oft_blocks|diff|diff_b|w_norm|b_norm)$/;

export const diffusers: Dialect = {
  id: 'diffusers',

  read(key) {
    const [, layer, half] = /^(.+)\.(?:lora|lora_linear_layer)\.(down|up)\.weight$/.exec(key) ?? [];
    if (layer !== undefined && half !== undefined) return reading(layer, half);
    // The vintages that kept the matrices of an attention beside its layers: `to_q_lora` belongs to `to_q`.
    const [, beside, side] = /^(.+_lora)\.(down|up)\.weight$/.exec(key) ?? [];
    if (beside !== undefined && side !== undefined) return reading(beside, side);
    const [, module, slot] = slotAlone.exec(key) ?? [];
    return module !== undefined && slot !== undefined ? reading(module, slot) : null;
  },

  names(component, path) {
    return [path, ...besideAttention(component, path)].flatMap((name) => dottedNames(component, name));
  },
};

const reading = (module: string, slot: string): KeyReading => ({
  module,
  slot,
  component: splitDottedName(module).component,
});

/** `attn1.to_q` was also `attn1.processor.to_q_lora`; a text encoder's `q_proj` took the names of a UNet's `to_q`. */
function besideAttention(component: AdaptableComponentName, path: string): readonly string[] {
  const ofText: Readonly<Record<string, string>> = {
    q_proj: 'to_q',
    k_proj: 'to_k',
    v_proj: 'to_v',
    out_proj: 'to_out',
  };
  const [, attention, layer] = /^(.+\.(?:attn\d|self_attn))\.(\w+)(?:\.0)?$/.exec(path) ?? [];
  if (attention === undefined || layer === undefined) return [];
  const name = component === 'unet' ? layer : ofText[layer];
  if (name === undefined) return [];
  const beside = [`${attention}.processor.${name}_lora`, `${attention}.${name}_lora`];
  return component === 'unet'
    ? [...beside, `${attention}.processor.${path.slice(attention.length + 1)}`, ...withoutIndex(attention, path)]
    : beside;
}

/** `to_out.0` was `to_out` for a while. */
const withoutIndex = (attention: string, path: string): readonly string[] =>
  path.endsWith('.to_out.0') ? [`${attention}.to_out`, `${attention}.processor.to_out`] : [];
