/** The layers that adapters can change, counted against what trainers write (kohya's files name each of them). */
import { expect, test } from 'vitest';

import { adaptableLayers } from '../../../../native-models/architectures/author-network.js';
import { parseClipTextConfig } from '../../../../native-models/architectures/clip-text-model.js';
import { ConfigReader } from '../../../../native-models/architectures/config-reader.js';
import type { JsonObject } from '../../../../native-models/architectures/config-reader.js';
import { parseUNetConfig } from '../../../../native-models/architectures/unet-2d-condition.js';

const unet = (json: JsonObject): ReturnType<typeof adaptableLayers> =>
  adaptableLayers({ component: 'unet', config: parseUNetConfig(new ConfigReader(json, 'unet/config.json')) });

const textEncoder = (json: JsonObject): ReturnType<typeof adaptableLayers> =>
  adaptableLayers({
    component: 'text_encoder',
    config: parseClipTextConfig(new ConfigReader(json, 'text_encoder/config.json')),
  });

const sd1 = { cross_attention_dim: 768 };

const sdxl = {
  attention_head_dim: [5, 10, 20],
  block_out_channels: [320, 640, 1280],
  cross_attention_dim: 2048,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  transformer_layers_per_block: [1, 2, 10],
  use_linear_projection: true,
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 2816,
};

test('a UNet of Stable Diffusion 1.5 has 192 layers in its transformers, as LoRA files for it do', () => {
  expect(unet(sd1).filter(({ path }) => path.includes('.attentions.'))).toHaveLength(192);
});

test('a UNet of SDXL has 722 layers in its transformers', () => {
  expect(unet(sdxl).filter(({ path }) => path.includes('.attentions.'))).toHaveLength(722);
});

test('text encoders have 72 layers in SD 1.5 and 192 in SDXL’s second one', () => {
  const small = { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 };
  const large = { hidden_size: 1280, num_hidden_layers: 32, num_attention_heads: 20, intermediate_size: 5120 };
  expect(textEncoder(small)).toHaveLength(72);
  expect(textEncoder(large)).toHaveLength(192);
});

test('each layer tells its kind and sizes under its dotted name', () => {
  const layers = new Map(unet(sd1).map((layer) => [layer.path, layer]));
  expect(layers.get('down_blocks.1.resnets.0.conv1')).toEqual({
    path: 'down_blocks.1.resnets.0.conv1',
    kind: 'conv',
    inFeatures: 320,
    outFeatures: 640,
    kernel: [3, 3],
  });
  expect(layers.get('up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k')).toEqual({
    path: 'up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k',
    kind: 'linear',
    inFeatures: 768,
    outFeatures: 1280,
    kernel: null,
  });
});
