/**
 * The weights of a CLIP under the names of OpenAI's code and of OpenCLIP, asked for under those of transformers.
 *
 * Reference: openai/CLIP, clip/model.py; open_clip 3.3.0, transformer.py and model.py. Queries, keys and values lie there in
 * one matrix [3D, D] (torch.nn.MultiheadAttention): each is a third of its rows, and so a place in the same bytes.
 * The projections of both towers are stored the other way round, which the network is told (`transposedProjection`).
 */
import type { StoredTensor } from '../onnx/weight-source.js';
import { SafetensorsWeights } from './safetensors-weights.js';
import type { SafetensorsFile } from './safetensors.js';

export interface OpenAIClipPrefixes {
  /** Before the names of the vision tower. */
  readonly vision: string;
  /** Before those of the text tower: nothing, or `text.` in OpenCLIP's models with a tower of another kind. */
  readonly text: string;
}

interface Place {
  readonly name: string;
  /** Which third of its rows; null: all of it. */
  readonly third: number | null;
}

export class OpenAIClipWeights extends SafetensorsWeights {
  readonly #prefixes: OpenAIClipPrefixes;

  constructor(files: readonly SafetensorsFile[], label: string, prefixes: OpenAIClipPrefixes) {
    super(files, label);
    this.#prefixes = prefixes;
  }

  override find(name: string): StoredTensor | null {
    const place = openAIName(name, this.#prefixes);
    const stored = super.find(place.name);
    if (stored === null || place.third === null) return stored;
    const [rows = 0, ...rest] = stored.shape;
    if (rows % 3 !== 0) return stored; // its shape is refused by who asked
    const byteLength = stored.byteLength / 3;
    return { ...stored, shape: [rows / 3, ...rest], offset: stored.offset + place.third * byteLength, byteLength };
  }
}

/** Modules of a layer, and where they are a third of. */
const modules: Readonly<Record<string, Place>> = {
  layer_norm1: { name: 'ln_1.', third: null },
  layer_norm2: { name: 'ln_2.', third: null },
  'self_attn.q_proj': { name: 'attn.in_proj_', third: 0 },
  'self_attn.k_proj': { name: 'attn.in_proj_', third: 1 },
  'self_attn.v_proj': { name: 'attn.in_proj_', third: 2 },
  'self_attn.out_proj': { name: 'attn.out_proj.', third: null },
  'mlp.fc1': { name: 'mlp.c_fc.', third: null },
  'mlp.fc2': { name: 'mlp.c_proj.', third: null },
};

const outsideLayers: Readonly<Record<string, string>> = {
  'vision_model.embeddings.patch_embedding.weight': 'conv1.weight',
  'vision_model.embeddings.class_embedding': 'class_embedding',
  'vision_model.embeddings.position_embedding.weight': 'positional_embedding',
  'vision_model.pre_layrnorm.weight': 'ln_pre.weight',
  'vision_model.pre_layrnorm.bias': 'ln_pre.bias',
  'vision_model.post_layernorm.weight': 'ln_post.weight',
  'vision_model.post_layernorm.bias': 'ln_post.bias',
  'visual_projection.weight': 'proj',
  'text_model.embeddings.token_embedding.weight': 'token_embedding.weight',
  'text_model.embeddings.position_embedding.weight': 'positional_embedding',
  'text_model.final_layer_norm.weight': 'ln_final.weight',
  'text_model.final_layer_norm.bias': 'ln_final.bias',
  'text_projection.weight': 'text_projection',
};

/** Where a tensor of transformers' name lies; names of no CLIP stay as they are. */
function openAIName(name: string, { vision, text }: OpenAIClipPrefixes): Place {
  const prefix = name.startsWith('vis') ? vision : text;
  const outside = outsideLayers[name];
  if (outside !== undefined) return { name: prefix + outside, third: null };
  const [, layer, module = '', end] =
    /^(?:vision|text)_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const place = modules[module];
  if (place === undefined) return { name, third: null };
  return { name: `${prefix}transformer.resblocks.${layer}.${place.name}${end}`, third: place.third };
}
