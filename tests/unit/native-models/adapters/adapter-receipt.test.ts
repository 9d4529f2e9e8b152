/** Receipts: numbers of all layers, parts of the network in order, and norms against the plain product. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { adapterReceipt } from '../../../../native-models/adapters/adapter-receipt.js';
import { squaredDeltaNorm } from '../../../../native-models/adapters/delta-norm.js';
import { dialects } from '../../../../native-models/adapters/dialects/index.js';
import { kohya } from '../../../../native-models/adapters/dialects/kohya.js';
import { matchAdapter } from '../../../../native-models/adapters/match-adapter.js';
import { inOrderOfParts, partOf } from '../../../../native-models/adapters/network-part.js';
import { readAdapter } from '../../../../native-models/adapters/read-adapter.js';
import type { AdaptableLayer } from '../../../../native-models/onnx/graph.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { modelOf, pairsFor, sd1, sd2, sdxl, writeZeros } from './adapter-files.js';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'receipts-'));
  file = path.join(folder, 'ink.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Any numbers, the same each time. */
const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 1.7) + 0.3);

/** |up · down|, entry by entry. */
function plainNorm(down: Float32Array, up: Float32Array, rank: number): number {
  const width = down.length / rank;
  let sum = 0;
  for (let o = 0; o < up.length / rank; o++) {
    for (let i = 0; i < width; i++) {
      let entry = 0;
      for (let r = 0; r < rank; r++) entry += (up[o * rank + r] as number) * (down[r * width + i] as number);
      sum += entry * entry;
    }
  }
  return Math.sqrt(sum);
}

test.each([
  [1, 5, 7],
  [3, 18, 4],
  [8, 33, 21],
])('the norm of rank %d, %d in and %d out is the plain product’s', (rank, width, height) => {
  const [down, up] = [numbers(rank * width, 1), numbers(height * rank, 2)];
  const norm = Math.sqrt(squaredDeltaNorm({ rank, scale: -0.5, down, up }));
  expect(norm / (0.5 * plainNorm(down, up, rank))).toBeCloseTo(1, 12);
});

test('a receipt tells layers and norms by part, in the order of the picture’s way', async () => {
  const layers = [
    'lora_unet_up_blocks_3_attentions_2_proj_out',
    'lora_unet_time_embedding_linear_1',
    'lora_unet_mid_block_attentions_0_proj_in',
    'lora_unet_down_blocks_0_attentions_0_proj_in',
    'lora_unet_down_blocks_0_attentions_0_proj_out',
    'lora_te_text_model_encoder_layers_0_self_attn_q_proj',
    'lora_unet_nowhere',
  ];
  const widths: Record<string, [number, number]> = {
    lora_unet_time_embedding_linear_1: [320, 1280],
    lora_unet_mid_block_attentions_0_proj_in: [1280, 1280],
    lora_te_text_model_encoder_layers_0_self_attn_q_proj: [768, 768],
  };
  const tensors = Object.fromEntries(
    layers.flatMap((layer, index) => {
      const [wide, high] = widths[layer] ?? [320, 320];
      return [
        [`${layer}.lora_down.weight`, floats([2, wide], numbers(2 * wide, index))],
        [`${layer}.lora_up.weight`, floats([high, 2], numbers(2 * high, index + 0.5))],
        [`${layer}.alpha`, floats([], Float32Array.of(index + 1))],
      ];
    }),
  );
  await writeSafetensors(file, tensors, { 'modelspec.trigger_phrase': 'ink' });
  const adapter = await readAdapter(file);
  const receipt = await adapterReceipt(adapter, matchAdapter(adapter, modelOf(sd1)));
  expect(receipt).toMatchObject({
    file,
    dialect: 'kohya',
    algorithm: 'lora',
    rank: [2, 2],
    alpha: [1, 7],
    scale: [0.5, 3.5],
    matched: 6,
    unmatched: [{ key: 'lora_unet_nowhere', reason: 'this model has no such layer' }],
    total: 7,
    fits: true,
    nonFinite: [],
    triggerWords: [{ text: 'ink', source: 'metadata' }],
  });
  expect(receipt.blocks.map(({ name, matched, total }) => [name, matched, total])).toEqual([
    ['Text encoder', 1, 1],
    ['Down 0', 2, 2],
    ['Middle', 1, 1],
    ['Up 3', 1, 1],
    ['Time', 1, 1],
    ['Other', 0, 1],
  ]);
  const down0 = [3, 4].map((index) => {
    return ((index + 1) / 2) * plainNorm(numbers(640, index), numbers(640, index + 0.5), 2);
  });
  expect((receipt.blocks[1]?.norm ?? 0) / Math.hypot(...down0)).toBeCloseTo(1, 6);
});

test('values that are no numbers are named, and their part has no norm', async () => {
  const [bad, good] = ['lora_unet_mid_block_attentions_0_proj_in', 'lora_unet_up_blocks_1_attentions_0_proj_in'];
  await writeSafetensors(file, {
    [`${bad}.lora_down.weight`]: floats([1, 4], Float32Array.of(1, NaN, 1, 1)),
    [`${bad}.lora_up.weight`]: floats([4, 1], Float32Array.of(1, 1, 1, Infinity)),
    [`${good}.lora_down.weight`]: floats([1, 4], Float32Array.of(1, 1, 1, 1)),
    [`${good}.lora_up.weight`]: floats([4, 1], Float32Array.of(1, 1, 1, 1)),
  });
  const receipt = await adapterReceipt(await readAdapter(file), null);
  expect(receipt.nonFinite.toSorted()).toEqual([`${bad}.lora_down.weight`, `${bad}.lora_up.weight`]);
  expect(receipt.blocks).toEqual([
    { name: 'Middle', matched: 1, total: 1, norm: null },
    { name: 'Up 1', matched: 1, total: 1, norm: 4 },
  ]);
  expect(receipt).toMatchObject({ matched: null, fits: null, alpha: null, scale: [1, 1] });
});

test('every layer of SD 1.5 stands in a part that is known', async () => {
  const adapter = await readAdapter(await writeZeros(file, pairsFor(modelOf(sd1), kohya)));
  const parts = [...adapter.components].map(([key, component]) => partOf(key, component));
  expect([...new Set(parts)].toSorted(inOrderOfParts)).toEqual([
    'Text encoder',
    ...[0, 1, 2, 3].map((n) => `Down ${n}`),
    'Middle',
    ...[0, 1, 2, 3].map((n) => `Up ${n}`),
    'Time',
    'In and out',
  ]);
});

test.each([
  ['lora_unet_input_blocks_8_1_transformer_blocks_9_attn1_to_k', 'Down 2'],
  ['lora_unet_input_blocks_0_0', 'In and out'],
  ['lora_unet_output_blocks_5_1_proj_in', 'Up 1'],
  ['lora_unet_middle_block_1_proj_in', 'Middle'],
  ['lora_te2_text_model_encoder_layers_31_mlp_fc1', 'Text encoder 2'],
  ['lora_unet_down_blocks_1_resnets_0_time_emb_proj', 'Down 1'],
  ['lora_unet_double_blocks_3_img_mlp_0', 'Other'],
  ['lora_te3_encoder_block_0_layer_0_SelfAttention_q', 'Other'],
])('%s stands in %s', (key, part) => {
  expect(partOf(key, kohya.read(`${key}.alpha`)?.component ?? null)).toBe(part);
});

describe.each([
  ['of all layers', () => true],
  ['of the text encoders', ({ path: layer }: AdaptableLayer) => layer.startsWith('text_model.')],
  ['without cross-attention', ({ path: layer }: AdaptableLayer) => layer.endsWith('.proj_in')],
])('a receipt %s', (_what, wanted) => {
  test.each([sd1, sd2, sdxl])('for $name tells the same in every dialect', async (configs) => {
    const model = modelOf(configs);
    const told = [];
    for (const dialect of dialects) {
      const adapter = await readAdapter(await writeZeros(file, pairsFor(model, dialect, { wanted })));
      const { base, matched, total, fits, blocks } = await adapterReceipt(adapter, matchAdapter(adapter, model));
      expect(adapter.dialect).toBe(dialect);
      told.push({ base, matched, total, fits, blocks });
    }
    const [first] = told;
    expect(first).toMatchObject({ matched: first?.total, fits: true });
    expect(told).toEqual(dialects.map(() => first));
  });
});

test('a receipt can be stopped', async () => {
  await writeZeros(file, pairsFor(modelOf(sd1), kohya));
  const stop = AbortSignal.abort();
  await expect(adapterReceipt(await readAdapter(file), null, stop)).rejects.toMatchObject({ kind: 'cancelled' });
});
