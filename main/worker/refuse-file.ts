import { basename } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';

/** What is no file of weights at all. */
export function refuseFile(path: string): never {
  const name = basename(path);
  const sentence = `${name} is no model: a model is a diffusers folder with a model_index.json, a language model's folder or a GGUF file.`;
  throw new StudioError('bad-input', sentence, { file: path });
}

/** Weights that are no model by themselves, told by the names of their tensors: what they are and where they belong. */
export function refuseWeights(path: string, tensors: Iterable<string>): never {
  const name = basename(path);
  const names = [...tensors];
  const kind = kinds.find(({ has }) => names.some((tensor) => has.test(tensor)));
  const sentence = kind?.sentence ?? 'holds no model that this studio knows: its tensors have unknown names.';
  throw new StudioError('unsupported', `${name} ${sentence}`, { file: path });
}

const kinds: readonly { readonly has: RegExp; readonly sentence: string }[] = [
  {
    has: /lora_(down|up|A|B)\b|\.lora\.|_lora\.(down|up)\.|lora_linear_layer|hada_w1|lokr_w1|\.dora_scale|^(unet|text_encoder):\d+:up$/,
    sentence: 'is a LoRA, not a model: drop it on the Adapters panel, or use --lora.',
  },
  { has: /^(emb_params|clip_l|clip_g)$/, sentence: 'is a textual inversion embedding, not a model.' },
  {
    has: /^model\.diffusion_model\./,
    sentence: 'is a checkpoint in a single file, which is not supported yet. Use its diffusers folder.',
  },
  {
    has: /^(model\.)?(layers\.\d+\.|embed_tokens\.)/,
    sentence: 'holds the weights of a language model: open its folder, where its config.json is.',
  },
  {
    has: /^(down_blocks|up_blocks|encoder|decoder|text_model)\./,
    sentence: 'holds one component of a model: open its folder, where its config.json is.',
  },
];
