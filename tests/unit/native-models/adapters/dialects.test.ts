/** Names of layers in every dialect: what each key stands for, there and back, and that no name is two layers'. */
import { isDeepStrictEqual } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { Dialect } from '../../../../native-models/adapters/adapter.js';
import { diffusers } from '../../../../native-models/adapters/dialects/diffusers.js';
import { dialects } from '../../../../native-models/adapters/dialects/index.js';
import { kohya } from '../../../../native-models/adapters/dialects/kohya.js';
import { peft } from '../../../../native-models/adapters/dialects/peft.js';
import { modelOf, sd1, sd2, sdxl, spellingOf } from './adapter-files.js';

describe.each([sd1, sd2, sdxl])('for $name', (configs) => {
  const layers = modelOf(configs).components.flatMap(({ name: component, layers: own, ldmPath }) =>
    own.map(({ path }) => ({ component, path, ldmPath: ldmPath(path) })),
  );

  test.each(dialects)('every layer has a name in $id', (dialect) => {
    expect(
      layers.filter(({ component, path, ldmPath }) => dialect.names(component, path, ldmPath).length === 0),
    ).toEqual([]);
  });

  test('no name is two layers’ in all dialects together', () => {
    const byName = new Map<string, string>();
    const collisions: string[] = [];
    for (const dialect of dialects) {
      for (const { component, path, ldmPath } of layers) {
        const layer = `${component}/${path}`;
        for (const name of dialect.names(component, path, ldmPath)) {
          if ((byName.get(name) ?? layer) !== layer) collisions.push(`${name}: ${byName.get(name)} and ${layer}`);
          byName.set(name, layer);
        }
      }
    }
    expect(collisions).toEqual([]);
  });

  test.each(dialects)('what $id names is read as that layer, its component and its tensor', (dialect) => {
    const wrong: string[] = [];
    for (const { component, path, ldmPath } of layers) {
      for (const module of dialect.names(component, path, ldmPath)) {
        for (const [slot, key] of Object.entries(spellingOf(dialect)(module))) {
          const right = { module, slot, component };
          if (!isDeepStrictEqual(dialect.read(key), right)) wrong.push(key);
          // Alphas are spelt alike in several dialects: another one may read them, and need not tell the component.
          const first = firstReader(key);
          const reading = first?.read(key);
          const whole = { ...reading, component: reading?.component ?? component };
          const alike = slot === 'alpha' && isDeepStrictEqual(whole, right);
          if (first !== dialect && !alike) wrong.push(`${key}, which ${first?.id} reads first`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** In a file the first dialect that reads a key has it. */
const firstReader = (key: string): Dialect | undefined => dialects.find((dialect) => dialect.read(key) !== null);

const toQ = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
const toOut = 'mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0';
const textQ = 'text_model.encoder.layers.11.self_attn.q_proj';

/** Real spellings, one a vintage: key, dialect, component, path, slot. */
test.each([
  ['lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight', kohya, 'unet', toQ, 'down'],
  ['lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_out_0.lora_up.weight', kohya, 'unet', toOut, 'up'],
  ['lora_te_text_model_encoder_layers_11_self_attn_q_proj.alpha', kohya, 'text_encoder', textQ, 'alpha'],
  ['lora_te1_text_model_encoder_layers_11_self_attn_q_proj.lora_up.weight', kohya, 'text_encoder', textQ, 'up'],
  ['lora_te2_text_model_encoder_layers_11_self_attn_q_proj.lora_up.weight', kohya, 'text_encoder_2', textQ, 'up'],
  [
    'down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight',
    diffusers,
    'unet',
    toQ,
    'down',
  ],
  ['mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora.up.weight', diffusers, 'unet', toOut, 'up'],
  [`unet.${toOut.replace('.to_out.0', '.processor.to_out_lora')}.down.weight`, diffusers, 'unet', toOut, 'down'],
  [`unet.${toOut}.lora.up.weight`, diffusers, 'unet', toOut, 'up'],
  [`unet.${toOut.replace(/\.0$/, '')}.lora.up.weight`, diffusers, 'unet', toOut, 'up'],
  [`unet.${toQ}.alpha`, diffusers, 'unet', toQ, 'alpha'],
  [`text_encoder.${textQ}.lora_linear_layer.down.weight`, diffusers, 'text_encoder', textQ, 'down'],
  [
    'text_encoder.text_model.encoder.layers.11.self_attn.to_q_lora.down.weight',
    diffusers,
    'text_encoder',
    textQ,
    'down',
  ],
  [
    'text_encoder.encoder.layers.11.self_attn.q_proj.lora_linear_layer.up.weight',
    diffusers,
    'text_encoder',
    textQ,
    'up',
  ],
  [
    'lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight',
    ...([kohya, 'unet', toQ, 'down'] as const),
  ],
  [`unet.${toQ}.lora_A.weight`, peft, 'unet', toQ, 'down'],
  [`unet.${toQ}.lora_B.default.weight`, peft, 'unet', toQ, 'up'],
  [`unet.${toQ}.lora_A.default_0.weight`, peft, 'unet', toQ, 'down'],
  [`base_model.model.${toQ}.lora_A.weight`, peft, 'unet', toQ, 'down'],
  [`unet.base_model.model.${toQ}.lora_A.weight`, peft, 'unet', toQ, 'down'],
  [`base_model.model.${textQ}.lora_B.weight`, peft, 'text_encoder', textQ, 'up'],
  [`text_encoder_2.${textQ}.lora_B.weight`, peft, 'text_encoder_2', textQ, 'up'],
] as const)('%s', (key, dialect, component, path, slot) => {
  const ldmPath = path === toQ ? 'input_blocks.1.1.transformer_blocks.0.attn1.to_q' : null;
  expect(firstReader(key)?.id).toBe(dialect.id);
  const reading = dialect.read(key);
  expect(reading).toMatchObject({ slot, component });
  expect(dialect.names(component, path, ldmPath)).toContain(reading?.module);
});

test('names of plain checkpoints are nobody’s', () => {
  for (const key of ['down_blocks.0.resnets.0.conv1.weight', 'text_model.embeddings.position_ids', 'alphas_cumprod']) {
    expect([key, firstReader(key)]).toEqual([key, undefined]);
  }
});

test.each([
  [`lora_unet.${toQ}.lora_down.weight`, undefined],
  [`lora_te.${textQ}.lora_up.weight`, undefined],
  ['lora_unet_conv_in.lora_down.weight', 'unet'],
  ['lora_unet_time_embed_0.lora_down.weight', 'unet'],
  ['oft_unet_mid_block_attentions_0_proj_in.oft_blocks', 'unet'],
  ['lycoris_mid_block_attentions_0_proj_in.lora_up.weight', 'unet'],
  ['lycoris_transformer_blocks_0_attn_to_q.lora_up.weight', null],
  ['lora_te3_encoder_block_0_layer_0_SelfAttention_q.lora_up.weight', null],
])('kohya’s reading of %s has the component %s', (key, component) => {
  expect(kohya.read(key)?.component).toBe(component);
});
