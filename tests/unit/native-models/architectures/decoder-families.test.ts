/** Configs of language models as their makers publish them, and what is refused by name. */
import { describe, expect, test } from 'vitest';

import { authorNetwork } from '../../../../native-models/architectures/author-network.js';
import { ConfigReader } from '../../../../native-models/architectures/config-reader.js';
import type { JsonObject } from '../../../../native-models/architectures/config-reader.js';
import type { DecoderConfig } from '../../../../native-models/architectures/decoder-config.js';
import { imaginaryWeights } from '../../../../native-models/onnx/weight-source.js';
import { readDecoderFamily } from '../../../../native-models/weight-formats/language-folder.js';

const read = (json: JsonObject): DecoderConfig => readDecoderFamily(new ConfigReader(json, 'model/config.json'));

const llama32 = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  attention_bias: false,
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32,
    high_freq_factor: 4,
    low_freq_factor: 1,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500000,
  tie_word_embeddings: true,
  vocab_size: 128256,
};

const qwen25 = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_act: 'silu',
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 21,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  sliding_window: 32768,
  tie_word_embeddings: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

const mistral = {
  architectures: ['MistralForCausalLM'],
  model_type: 'mistral',
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  sliding_window: 4096,
  vocab_size: 32000,
};

describe('configs as they are published', () => {
  test('Llama 3.2 1B: grouped heads, tied, slow pairs stretched 32 times and fast ones left', () => {
    const config = read(llama32);
    expect(config).toMatchObject({ family: 'llama', heads: 32, keyValueHeads: 8, headSize: 64, tiedHead: true });
    expect(config.contextLength).toBe(131072);
    const { frequencies } = config.rotary;
    expect(frequencies).toHaveLength(32);
    expect(frequencies[0]).toBe(1);
    expect(frequencies[31]).toBeCloseTo(500000 ** (-62 / 64) / 32, 12);
  });

  test('the spelling of transformers 5 says the same', () => {
    const { rope_scaling, rope_theta, ...rest } = llama32;
    expect(read({ ...rest, rope_parameters: { ...rope_scaling, rope_theta } })).toEqual(read(llama32));
  });

  test('Qwen2.5 0.5B: biases on queries, keys and values only, no window though one is named', () => {
    const config = read(qwen25);
    expect(config.biases).toEqual({ queryKeyValue: true, output: false, mlp: false });
    expect(new Set(config.windows)).toEqual(new Set([null]));
    expect(config.headSize).toBe(64);
  });

  test('Qwen2.5 with YaRN as its card tells to set it reaches four times as far', () => {
    const scaled = { ...qwen25, rope_scaling: { factor: 4, original_max_position_embeddings: 32768, type: 'yarn' } };
    expect(read(scaled).contextLength).toBe(131072);
    expect(read(scaled).rotary.amplitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
  });

  test.each<[string, JsonObject, number | null]>([
    ['4096 in Mistral 7B v0.1', mistral, 4096],
    ['none where later ones say null', { ...mistral, sliding_window: null }, null],
  ])('the window is %s', (_, json, window) => {
    expect(new Set(read(json).windows)).toEqual(new Set([window]));
  });

  test('an absent window of a Mistral is 4096, as its own class has it', () => {
    const { sliding_window: _, ...json } = mistral;
    expect(read(json).windows[0]).toBe(4096);
  });
});

describe('one sentence for what is not a decoder of these families', () => {
  test.each<[string, JsonObject, string]>([
    [
      'another architecture',
      { model_type: 'mamba', architectures: ['MambaForCausalLM'] },
      'model/config.json: this is a mamba model, which is not supported yet. Supported language models are llama, mistral, qwen2, qwen3.',
    ],
    [
      'a name that every object has',
      { model_type: 'constructor' },
      'model/config.json: this is a constructor model, which is not supported yet. Supported language models are llama, mistral, qwen2, qwen3.',
    ],
    [
      'a part of a picture model',
      { _class_name: 'UNet2DConditionModel' },
      'model/config.json: this is a UNet2DConditionModel model, which is not supported yet. Supported language models are llama, mistral, qwen2, qwen3.',
    ],
    [
      'quantised weights',
      { ...qwen25, quantization_config: { quant_method: 'gptq', bits: 4 } },
      'model/config.json: its weights are quantised by gptq, which is not supported yet. Get the model unquantised, or as GGUF.',
    ],
    [
      'another activation',
      { ...llama32, hidden_act: 'gelu' },
      'model/config.json: hidden_act "gelu" is a kind of network this studio does not run (known: silu, swish).',
    ],
    [
      'another stretching of positions',
      { ...llama32, rope_scaling: { rope_type: 'longrope' } },
      'model/config.json: rope_scaling: rope_type "longrope" is a kind of network this studio does not run (known: default, linear, dynamic, llama3, yarn).',
    ],
    [
      'a factor that is none',
      { ...llama32, rope_scaling: { type: 'linear', factor: 0 } },
      'model/config.json: rope_scaling: factor should be a number above 0, got 0.',
    ],
    [
      'heads that do not divide',
      { ...llama32, num_key_value_heads: 5 },
      'model/config.json: num_key_value_heads should be a divisor of 32 heads, got 5.',
    ],
    [
      'a head that cannot be turned in pairs',
      { ...llama32, head_dim: 63 },
      'model/config.json: head_dim should be even, got 63.',
    ],
    [
      'more layers than any decoder has',
      { ...llama32, num_hidden_layers: 1e9 },
      'model/config.json: num_hidden_layers should be at most 1000, got 1000000000.',
    ],
    [
      'a kind of layer that is not known',
      { ...qwen25, num_hidden_layers: 1, layer_types: ['linear_attention'] },
      'model/config.json: layer_types ["linear_attention"] is a kind of network this studio does not run (known: full_attention, sliding_attention).',
    ],
    [
      'a list of layers that is too short',
      { ...qwen25, layer_types: ['full_attention'] },
      'model/config.json: layer_types should be one entry for each of the 24 blocks, got ["full_attention"].',
    ],
  ])('%s', (_, json, sentence) => {
    expect(() => read(json)).toThrow(sentence);
  });
});

test('every linear layer can have a low-rank branch, by the name that PEFT gives it', () => {
  const config = { ...read(llama32), layers: 2 };
  const graph = authorNetwork(
    { component: 'llm', config },
    { device: 'cpu', weights: imaginaryWeights, adapters: true },
  );
  const names = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj'];
  const inLayer = [...names, 'mlp.up_proj', 'mlp.down_proj'];
  expect(graph.adaptableLayers.map(({ path }) => path)).toEqual(
    [0, 1].flatMap((n) => inLayer.map((name) => `model.layers.${n}.${name}`)),
  );
  const down = graph.inputs.find(({ value }) => value.name === 'lora.model.layers.1.mlp.down_proj.down');
  expect(down?.value.shape).toEqual(['rank.model.layers.1.mlp.down_proj', 8192]);
});
