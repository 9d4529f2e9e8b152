import { basename } from 'node:path';
import { StudioError } from '../../app/contracts/studio-error.js';
import { readSafetensors } from '../../native-models/weight-formats/safetensors.js';

/** Single files are no models yet; the sentence says what the file is and where it belongs. */
export async function refuseFile(path: string): Promise<never> {
  const name = basename(path);
  if (/\.(ckpt|pt|pth|bin)$/i.test(name)) {
    throw new StudioError(
      'unsupported',
      `${name} is a Python pickle. Get the model as a folder with .safetensors weights, a language model also as GGUF.`,
      { file: path },
    );
  }
  if (!/\.safetensors$/i.test(name)) {
    throw new StudioError(
      'bad-input',
      `${name} is no model: a model is a diffusers folder with a model_index.json, a language model's folder or a GGUF file.`,
      {
        file: path,
      },
    );
  }
  const { tensors } = await readSafetensors(path);
  const names = [...tensors.keys()];
  const kind = kinds.find(({ has }) => names.some((tensor) => has.test(tensor)));
  throw new StudioError(
    'unsupported',
    `${name} ${kind?.sentence ?? 'holds no model that this studio knows: its tensors have unknown names.'}`,
    { file: path },
  );
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
