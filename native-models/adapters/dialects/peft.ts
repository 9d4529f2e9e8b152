/**
 * PEFT (5d602fd, utils/save_and_load.py) and diffusers since it builds on it.
 *
 *   unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight         down [r, in]
 *   base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_B.default.weight   up [out, r]
 *
 * An adapter's own name (`default`, `default_0`) may stand before the end. Scales are in the metadata or a config
 * beside (`peft-config.ts`); files that came from kohya's have alphas, spelt as in diffusers' dialect.
 */
import type { Dialect } from '../adapter.js';
import { dottedNames, splitDottedName } from './dotted-names.js';

const slots: Readonly<Record<string, string>> = {
  'lora_A.weight': 'down',
  'lora_B.weight': 'up',
  'lora_B.bias': 'up_bias',
};

export const peft: Dialect = {
  id: 'peft',

  read(key) {
    const [, module, tensor, end] =
      /^(.+)\.(lora_[AB]|lora_E|lora_magnitude_vector|lora_embedding_[AB]|ia3_l|[bo]ft_[rRs])(?:\.(?!(?:weight|bias)$)[^.]+)?(\.weight|\.bias)?$/.exec(
        key,
      ) ?? [];
    if (module === undefined || tensor === undefined) return null;
    const slot = slots[`${tensor}${end ?? ''}`] ?? tensor;
    return { module, slot, component: splitDottedName(module).component };
  },

  names: dottedNames,
};
