/**
 * The config of a decoder from the keys of a GGUF file: they are spelled as the fields of transformers' `config.json`
 * and read by the same families, so that a model is the same network from either format.
 *
 * Reference: gguf 0.19.0, constants.py; llama.cpp, conversion/llama.py and conversion/qwen.py (which key is which field,
 * and that the query and key rows of the Llama family are re-ordered to neighbours).
 */
import { ConfigReader } from '../../architectures/config-reader.js';
import type { Json } from '../../architectures/config-reader.js';
import type { DecoderConfig } from '../../architectures/decoder-config.js';
import { decoderFamilies } from '../../architectures/decoder-families/index.js';
import { ModelError } from '../../errors.js';
import type { RotaryPairing } from '../../onnx/operators/index.js';
import type { GgufFile } from './read-gguf.js';

/** By `general.architecture`, which is the family's name too. Mistral's models are of the architecture llama. */
const pairings: Readonly<Record<string, RotaryPairing>> = {
  llama: 'neighbours',
  qwen2: 'halves',
  qwen3: 'halves',
};

/** `frequencyFactors` is what the tensor `rope_freqs.weight` holds [d / 2]: pair i turns that much slower. */
export function readGgufConfig(gguf: GgufFile, frequencyFactors: Float32Array | null): DecoderConfig {
  const name = gguf.metadata.text('general.architecture', 'nameless');
  const [pairing, readFamily] = Object.hasOwn(pairings, name) ? [pairings[name], decoderFamilies[name]] : [];
  if (!pairing || !readFamily) {
    const known = Object.keys(pairings).join(', ');
    const sentence = `${gguf.label}: this is a ${name} model, which is not supported yet as GGUF. Supported ones are ${known}.`;
    throw new ModelError('unsupported', sentence, { file: gguf.file });
  }
  const config = readFamily(new ConfigReader(configJson(gguf, name), gguf.label));
  // Of biases GGUF has no key: they are there or not.
  const has = (part: string): boolean => gguf.tensors.has(`blk.0.${part}.bias`);
  const biases = { queryKeyValue: has('attn_q'), output: has('attn_output'), mlp: has('ffn_up') };
  const frequencies = slowed(config, frequencyFactors, gguf);
  return { ...config, biases, rotary: { ...config.rotary, frequencies, pairing } };
}

function slowed({ headSize, rotary }: DecoderConfig, factors: Float32Array | null, gguf: GgufFile): readonly number[] {
  if (factors === null) return rotary.frequencies;
  if (factors.length !== headSize / 2 || !factors.every((factor) => factor > 0)) {
    const sentence = `${gguf.label}: rope_freqs.weight should be ${headSize / 2} numbers above 0, one for each pair of a head.`;
    throw new ModelError('unfit-model', sentence, { file: gguf.file });
  }
  return rotary.frequencies.map((f, i) => f / (factors[i] as number));
}

/** The same facts as a `config.json` would tell. */
function configJson(gguf: GgufFile, name: string): { readonly [field: string]: Json } {
  const { metadata, tensors, label, file } = gguf;
  const key = (rest: string): string => `${name}.${rest}`;
  const whole = (rest: string, fallback?: number): number => metadata.integer(key(rest), fallback, 1);
  if (metadata.integer(key('expert_count'), 0) > 0) {
    const sentence = `${label}: this is a mixture of experts, which is not supported yet.`;
    throw new ModelError('unsupported', sentence, { file });
  }
  const width = whole('embedding_length');
  const heads = metadata.sameForAll(key('attention.head_count'));
  const headSize = whole('attention.key_length', Math.floor(width / heads));
  for (const same of ['attention.value_length', 'rope.dimension_count']) {
    if (whole(same, headSize) === headSize) continue;
    const sentence = `${label}: ${key(same)} differs from the size of a head, ${headSize}: a kind of network this studio does not run.`;
    throw new ModelError('unsupported', sentence, { file });
  }
  const table = tensors.get('token_embd.weight');
  if (!table) {
    const sentence = `${label} has no table of token vectors (token_embd.weight): it holds a vocabulary and no network.`;
    throw new ModelError('unfit-model', sentence, { file });
  }
  return {
    model_type: name,
    hidden_act: 'silu',
    vocab_size: table.shape[0] ?? 0,
    hidden_size: width,
    intermediate_size: metadata.sameForAll(key('feed_forward_length')),
    num_hidden_layers: whole('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.sameForAll(key('attention.head_count_kv'), heads),
    head_dim: headSize,
    max_position_embeddings: whole('context_length'),
    rms_norm_eps: metadata.number(key('attention.layer_norm_rms_epsilon')),
    rope_theta: metadata.number(key('rope.freq_base'), 10_000),
    rope_scaling: ropeScaling(gguf, name),
    tie_word_embeddings: !tensors.has('output.weight'),
  };
}

/** Llama 3's own scaling is no key but the tensor `rope_freqs.weight`. */
function ropeScaling({ metadata, label, file }: GgufFile, name: string): Json {
  const key = (rest: string): string => `${name}.rope.${rest}`;
  const type = metadata.text(key('scaling.type'), metadata.has(key('scale_linear')) ? 'linear' : 'none');
  switch (type) {
    case 'none':
      return null;
    case 'linear':
      return {
        rope_type: type,
        factor: metadata.number(key('scaling.factor'), metadata.number(key('scale_linear'), 1)),
      };
    case 'yarn': {
      const factor = metadata.number(key('scaling.factor'));
      const gain = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
      const trained = metadata.integerOrNull(key('scaling.original_context_length'));
      return {
        rope_type: type,
        factor,
        // llama.cpp multiplies YaRN's own amplitude by this.
        attention_factor: gain * metadata.number(key('scaling.attn_factor'), 1),
        ...(trained === null ? {} : { original_max_position_embeddings: trained }),
      };
    }
    default: {
      const sentence = `${label}: its positions are scaled by “${type}”, which is not supported yet.`;
      throw new ModelError('unsupported', sentence, { file });
    }
  }
}
