/** The embedded storyteller's weights as a GGUF file has them, in formats that tests ask for. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { FloatTensor } from '../../../../../native-models/runtime/tensor.js';
import { floatsToHalves } from '../../../../../native-models/weight-formats/number-formats.js';
import { readTensors } from '../../../../../native-models/weight-formats/read-tensors.js';
import type { TypedValue, WrittenTensor } from './gguf-files.js';

export const storyteller = fileURLToPath(new URL('../../../../../native-models/embedded/storyteller', import.meta.url));

/** What `config.json` says, under GGUF's keys. */
export const storytellerPairs: Readonly<Record<string, TypedValue>> = {
  'general.architecture': { text: 'llama' },
  'llama.block_count': { u32: 5 },
  'llama.context_length': { u32: 512 },
  'llama.embedding_length': { u32: 64 },
  'llama.feed_forward_length': { u32: 172 },
  'llama.attention.head_count': { u32: 8 },
  'llama.attention.head_count_kv': { u32: 4 },
  'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 },
};

const ggufNames: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** Bytes of a matrix, and ggml's number of their format. */
export type Encode = (values: Float32Array, columns: number) => Pick<WrittenTensor, 'type' | 'bytes'>;

export const asFloats: Encode = (values) => ({ type: 0, bytes: new Uint8Array(values.buffer.slice(0)) });
export const asHalves: Encode = (values) => ({ type: 1, bytes: new Uint8Array(floatsToHalves(values).buffer) });

/** Rows i and i + d/2 of each head become 2i and 2i + 1, as llama.cpp's converter leaves them. */
function toNeighbours({ shape, data }: FloatTensor, heads: number): Float32Array {
  const [rows, columns] = shape as [number, number];
  const d = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const within = row % d;
    const source = row - within + Math.floor(within / 2) + (within % 2) * (d / 2);
    out.set(data.subarray(source * columns, (source + 1) * columns), row * columns);
  }
  return out;
}

/** Matrices by `encode`; norms are floats in every file. */
export async function storytellerTensors(encode: Encode): Promise<WrittenTensor[]> {
  const tensors: WrittenTensor[] = [];
  for (const [given, tensor] of Object.entries(await readTensors(path.join(storyteller, 'model.safetensors')))) {
    if (tensor.dtype !== 'float32') throw new TypeError(`${given} is ${tensor.dtype}`);
    const [, block, part] = /^(?:model\.layers\.(\d+)\.)?(.+)\.weight$/.exec(given)!;
    const heads = { 'self_attn.q_proj': 8, 'self_attn.k_proj': 4 }[part!];
    const values = heads === undefined ? tensor.data : toNeighbours(tensor, heads);
    const encoded = tensor.shape.length === 1 ? asFloats(values, 0) : encode(values, tensor.shape[1]!);
    tensors.push({
      name: `${block === undefined ? '' : `blk.${block}.`}${ggufNames[part!]}.weight`,
      shape: tensor.shape,
      ...encoded,
    });
  }
  return tensors;
}
