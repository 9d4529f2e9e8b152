/**
 * Files that people take for adapters of picture models and that are something else, each by what its keys look like.
 * All are told by name; none is opened further.
 */
import type { SafetensorsFile } from '../weight-formats/safetensors.js';

interface ForeignFile {
  /** The rest of a sentence that begins with the file's name. */
  readonly sentence: string;
  /** Not an adapter of any kind, so that a folder of adapters need not show it. */
  readonly isAdapter: boolean;
  has(keys: readonly string[], file: SafetensorsFile): boolean;
}

const anyKey =
  (pattern: RegExp): ForeignFile['has'] =>
  (keys) =>
    keys.some((key) => pattern.test(key));

/** First names of a picture model's modules, in every way of spelling them that is known. */
const pictureModel =
  /^(base_model\.model\.)?(unet|text_encoder(_[23])?|transformer|diffusion_model|model\.diffusion_model|prior|down_blocks|up_blocks|mid_block|conv_in|conv_out|time_embedding|add_embedding|text_model|encoder\.layers|text_projection|(single_)?transformer_blocks|double_blocks|single_blocks|joint_blocks|input_blocks|middle_block|output_blocks|(lora|lycoris|oft)_\w+)\b/;

const isPeft = /\.(lora_[AB]|lora_E|lora_embedding_[AB]|ia3_l|lora_magnitude_vector)\b/;

export const foreignFiles: readonly ForeignFile[] = [
  {
    sentence: 'holds LoRA pairs by number, not by name (cloneofsimo’s early format): not supported yet.',
    isAdapter: true,
    has: anyKey(/^(unet|text_encoder):\d+:(up|down)$/),
  },
  {
    sentence: 'is a textual inversion embedding: not supported yet.',
    isAdapter: true,
    has: (keys, { tensors }) =>
      keys.length > 0 &&
      (keys.every((key) => /^(emb_params|clip_[lg]|string_to_param\..*)$/.test(key)) ||
        (keys.length === 1 && isVectors(tensors.get(keys[0] as string)?.shape) && /^<.*>$/.test(keys[0] as string))),
  },
  { sentence: 'is a control-LoRA: not supported yet.', isAdapter: true, has: anyKey(/^lora_controlnet$/) },
  { sentence: 'is a ControlNet-LLLite file: not supported yet.', isAdapter: true, has: anyKey(/^lllite_/) },
  { sentence: 'is an IP-Adapter: not supported yet.', isAdapter: true, has: anyKey(/^(ip_adapter|image_proj)\./) },
  { sentence: 'is a Uni-LoRA file: not supported yet.', isAdapter: true, has: anyKey(/(^|\.)unilora_/) },
  {
    sentence: 'is an adapter of a language model: not supported yet.',
    isAdapter: true,
    has: (keys) => keys.some((key) => isPeft.test(key)) && !keys.some((key) => pictureModel.test(key)),
  },
  {
    sentence: 'is a ControlNet, not an adapter of weights: not supported yet.',
    isAdapter: false,
    has: anyKey(/^(control_model|controlnet_cond_embedding|controlnet_down_blocks)\./),
  },
  {
    sentence: 'is a whole checkpoint, not an adapter: it belongs to the models.',
    isAdapter: false,
    has: anyKey(/^(model\.diffusion_model\.(?!.*\.(lora|lokr|hada)_)|cond_stage_model\.|conditioner\.embedders\.)/),
  },
  {
    sentence: 'is one component of a model, not an adapter: open its folder, where its config.json is, as a model.',
    isAdapter: false,
    has: (keys) => {
      const plain = /^(down_blocks|up_blocks|mid_block|encoder|decoder|text_model)\..*\.(weight|bias)$/;
      return keys.length > 0 && keys.every((key) => !/lora/.test(key)) && keys.some((key) => plain.test(key));
    },
  },
];

/** [n, d] or [d]. */
const isVectors = (shape: readonly number[] | undefined): boolean => shape?.length === 1 || shape?.length === 2;
