import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authorNetwork } from '../../../../../native-models/architectures/author-network.js';
import type { NetworkPlan } from '../../../../../native-models/architectures/author-network.js';
import { parseAutoencoderConfig } from '../../../../../native-models/architectures/autoencoder-kl.js';
import { ConfigReader } from '../../../../../native-models/architectures/config-reader.js';
import type { JsonObject } from '../../../../../native-models/architectures/config-reader.js';
import { parseUNetConfig } from '../../../../../native-models/architectures/unet-2d-condition.js';
import { imaginaryWeights } from '../../../../../native-models/onnx/weight-source.js';
import { ldmAutoencoderNames } from '../../../../../native-models/weight-formats/single-file/ldm-autoencoder-names.js';
import { ldmUNetNames } from '../../../../../native-models/weight-formats/single-file/ldm-unet-names.js';

/** Tables and configs of the real models; ostris/ai-toolkit 27a03a9, toolkit/keymaps. */
const realFiles = join(import.meta.dirname, '../../../../../../shared/real-files');
const families = [
  ['sd1', 'stable-diffusion-v1-5'],
  ['sd2', 'stable-diffusion-2-1'],
  ['sdxl', 'stable-diffusion-xl-base-1.0'],
] as const;

/** Names of the tensors that our own network of a real config reads. */
function tensorNames(plans: readonly NetworkPlan[]): string[] {
  const options = { device: 'cpu', weights: imaginaryWeights } as const;
  const keys = plans.flatMap((plan) => [...authorNetwork(plan, options).usedWeights.keys()]);
  return [...new Set(keys.map((key) => key.split(' ')[0]!))];
}

describe.skipIf(!existsSync(realFiles))('LDM names against the tables of the real models', () => {
  const json = (path: string) => JSON.parse(readFileSync(join(realFiles, path), 'utf8')) as JsonObject;
  const config = (model: string, part: string) =>
    new ConfigReader(json(`configs/${model}/${part}/config.json`), `${model}/${part}`);
  const table = (family: string, prefix: string) => {
    const pairs = Object.entries(json(`keymaps/stable_diffusion_${family}.json`)['ldm_diffusers_keymap'] as object);
    return new Map(
      pairs
        .filter(([, name]) => String(name).startsWith(prefix))
        .map(([ldm, name]) => [String(name).slice(prefix.length), ldm]),
    );
  };

  test.each(families)('UNet of %s: every tensor has its name, and no name is left over', (family, model) => {
    const unet = parseUNetConfig(config(model, 'unet'));
    const names = tensorNames([
      { component: 'unet', config: unet, sizes: { batch: 1, height: 64, width: 64, tokens: 1 } },
    ]);
    const ldm = ldmUNetNames(unet);
    const own = new Map(names.map((name) => [name, `model.diffusion_model.${ldm(name)}`]));
    expect(own.size).toBeGreaterThan(600);
    expect(own).toEqual(table(family, 'unet_'));
  });

  test.each(families)('autoencoder of %s: every tensor has its name, and no name is left over', (family, model) => {
    const vae = parseAutoencoderConfig(config(model, 'vae'));
    const sizes = { batch: 1, height: 64, width: 64 };
    const names = tensorNames(
      (['vae_encoder', 'vae_decoder'] as const).map((component) => ({ component, config: vae, sizes })),
    );
    const ldm = ldmAutoencoderNames(vae);
    expect(new Map(names.map((name) => [name, `first_stage_model.${ldm(name)}`]))).toEqual(table(family, 'vae_'));
  });
});

describe('LDM names of networks of other shapes', () => {
  const unet = (fields: JsonObject) => parseUNetConfig(new ConfigReader(fields, 'unet'));

  test('count on through levels of unlike lengths', () => {
    const ldm = ldmUNetNames(
      unet({
        block_out_channels: [32, 64, 64],
        layers_per_block: [1, 3, 2],
        down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
        up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      }),
    );
    expect(ldm('down_blocks.1.attentions.2.proj_in.weight')).toBe('input_blocks.5.1.proj_in.weight');
    expect(ldm('down_blocks.1.downsamplers.0.conv.weight')).toBe('input_blocks.6.0.op.weight');
    expect(ldm('up_blocks.0.upsamplers.0.conv.weight')).toBe('output_blocks.2.1.conv.weight');
    expect(ldm('up_blocks.1.upsamplers.0.conv.weight')).toBe('output_blocks.6.2.conv.weight');
    expect(ldm('up_blocks.2.resnets.1.conv_shortcut.bias')).toBe('output_blocks.8.0.skip_connection.bias');
  });

  test('are null for what the network does not have', () => {
    const ldm = ldmUNetNames(unet({ block_out_channels: [32, 64], layers_per_block: 1 }));
    expect(ldm('down_blocks.2.resnets.0.conv1.weight')).toBeNull();
    expect(ldm('down_blocks.0.resnets.0.conv9.weight')).toBeNull();
    expect(ldm('class_embedding.linear_1.weight')).toBeNull();
  });
});
