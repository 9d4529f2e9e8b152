import { basename } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';

/** What is no file of weights at all. */
export function refuseFile(path: string): never {
  const name = basename(path);
  const sentence = `${name} is no model: a model is a checkpoint (.safetensors or .ckpt), a diffusers folder with a model_index.json, a language model's folder or a GGUF file.`;
  throw new StudioError('bad-input', sentence, { file: path });
}

/** Weights that are no model by themselves, told by the names of their tensors: what they are and where they belong. */
export function refuseWeights(path: string, tensors: Iterable<string>): never {
  const name = basename(path);
  const names = [...tensors];
  const kind = kinds.find(({ has }) => names.some((tensor) => has.test(tensor)));
  const sentence = kind?.sentence ?? 'holds no model that this studio knows: its tensors have unknown names.';
  throw new StudioError(kind?.isModel ? 'unfit-model' : 'unsupported', `${name} ${sentence}`, { file: path });
}

const supported = 'Choose a Stable Diffusion 1, 2 or XL checkpoint.';

/** By names that their networks alone have, under `model.diffusion_model.` or bare. */
const otherPictureModels = [
  { name: 'an AuraFlow model', has: /(^|\.)double_layers\.\d+\.attn\./ },
  { name: 'a HunyuanVideo model', has: /(^|\.)double_blocks\.\d+\.(img_attn_qkv|img_attn_q)\./ },
  { name: 'a Flux model', has: /(^|\.)double_blocks\.\d+\.|(^|\.)single_transformer_blocks\.\d+\./ },
  { name: 'a Stable Diffusion 3 model', has: /(^|\.)joint_blocks\.\d+\./ },
  { name: 'a Qwen-Image model', has: /(^|\.)transformer_blocks\.\d+\.img_mod\./ },
  { name: 'an LTX-Video or PixArt model', has: /(^|\.)(adaln_single\.emb|t_block\.1)\b/ },
  { name: 'a Lumina or Z-Image model', has: /(^|\.)(noise_refiner|context_refiner)\.\d+\./ },
  { name: 'a Stable Cascade model', has: /(^|\.)(clip_txt_mapper|clip_txt_pooled_mapper|clip_mapper)\./ },
  { name: 'a Wan model', has: /(^|\.)blocks\.\d+\.cross_attn\.(q|k|v|norm_q)\./ },
].map(({ name, has }) => ({ has, sentence: `is ${name}, which is not supported. ${supported}`, isModel: true }));

interface Kind {
  readonly has: RegExp;
  readonly sentence: string;
  /** A model, or a part of one, and surely no adapter: who tried the file as both tells this and not that it is no adapter. */
  readonly isModel?: boolean;
}

const kinds: readonly Kind[] = [
  {
    has: /lora_(down|up|A|B)\b|\.lora\.|_lora\.(down|up)\.|lora_linear_layer|hada_w1|lokr_w1|\.dora_scale|^(unet|text_encoder):\d+:up$/,
    sentence: 'is a LoRA, not a model: drop it on the Adapters panel, or use --lora.',
  },
  {
    has: /lokr_w2|oft_blocks|\.diff(_b)?$|ia3_l/,
    sentence: 'is an adapter, not a model: drop it on the Adapters panel, or use --lora.',
  },
  { has: /^(emb_params|clip_l|clip_g)$/, sentence: 'is a textual inversion embedding, not a model.' },
  {
    has: /(^|\.)control_model\.|input_hint_block\.|controlnet_cond_embedding\./,
    sentence: 'is a ControlNet, which is not supported.',
  },
  { has: /^(image_proj|ip_adapter)\./, sentence: 'is an IP-Adapter, which is not supported.' },
  { has: /(^|\.)motion_modules\./, sentence: 'is a motion module (AnimateDiff), which is not supported.' },
  ...otherPictureModels,
  {
    has: /^model\.diffusion_model\./,
    sentence: `is a picture model of a kind that is not supported. ${supported}`,
    isModel: true,
  },
  {
    has: /^(input_blocks|middle_block|output_blocks)\./,
    sentence: 'is the UNet of a checkpoint without its text encoder and VAE: choose the whole checkpoint.',
    isModel: true,
  },
  {
    has: /^(first_stage_model\.)?(encoder|decoder)\.(down|up|mid)\./,
    sentence: 'is a VAE alone, which makes no pictures: choose a whole checkpoint.',
    isModel: true,
  },
  { has: /^encoder\.block\.\d+\.layer\.\d+\./, sentence: 'is a T5 text encoder, which no model here uses.' },
  {
    has: /^(model\.)?(conv_first|body\.0\.rdb1|RRDB_trunk\.0)\b|^model\.1\.sub\.0\./,
    sentence: 'is an upscaler of finished pictures (ESRGAN), which is not supported.',
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
