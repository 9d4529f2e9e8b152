/**
 * kohya-ss/sd-scripts (48d368f, networks/lora.py), the dialect of Civitai; LyCORIS (f49d30d) writes it too.
 *
 *   lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight
 *   lora_te_text_model_encoder_layers_0_mlp_fc1.alpha
 *
 *   lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_down.weight
 *
 * A module is a prefix and the layer's path with underscores for dots; the first dot ends it, so a prefix with a dot
 * behind it (`lora_unet.`) is another dialect's. SD 1.x and 2.x are trained on the UNet of diffusers, so its paths are
 * the names; SDXL on that of Stability's own code, with its paths. Other trainers write either on any base.
 */
import type { AdaptableComponentName, Dialect } from '../adapter.js';
import { componentOfPath } from './dotted-names.js';

/** Trainers that know no second text encoder write `lora_te`, others count from 1 even where there is one only. */
const prefixes: Readonly<Record<AdaptableComponentName, readonly string[]>> = {
  unet: ['lora_unet'],
  text_encoder: ['lora_te', 'lora_te1'],
  text_encoder_2: ['lora_te2'],
};

const slots: Readonly<Record<string, string>> = {
  'lora_down.weight': 'down',
  'lora_up.weight': 'up',
  'lora_mid.weight': 'mid',
};

export const kohya: Dialect = {
  id: 'kohya',

  read(key) {
    const [, module, rest] = /^((?:lora|lycoris|oft)_[^._]+_[^.]+)\.(.+)$/.exec(key) ?? [];
    if (module === undefined || rest === undefined) return null;
    return { module, slot: slots[rest] ?? rest, component: componentOf(module) };
  },

  names(component, path, ldmPath) {
    // transformers 5 has no `text_model.` any more.
    const other = component === 'unet' ? ldmPath : path.replace(/^text_model\./, '');
    const paths = other === null ? [path] : [path, other];
    return prefixes[component].flatMap((prefix) => paths.map((name) => `${prefix}_${name.replaceAll('.', '_')}`));
  },
};

const components = new Map(
  (Object.keys(prefixes) as AdaptableComponentName[]).flatMap((component) =>
    prefixes[component].map((prefix) => [prefix.replace('lora_', ''), component] as const),
  ),
);

/** By its prefix, which kohya's OFT spells `oft_`; LyCORIS's wrapper has its own for any network, and the path tells. */
function componentOf(module: string): AdaptableComponentName | null {
  const [, trainer, name = '', path = ''] = /^([^_]+)_([^_]+)_(.+)$/.exec(module) ?? [];
  return trainer === 'lycoris' ? componentOfPath(`${name}_${path}`) : (components.get(name) ?? null);
}
