import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authorNetwork } from '../../../../../native-models/architectures/author-network.js';
import type { NetworkPlan } from '../../../../../native-models/architectures/author-network.js';
import { parseAutoencoderConfig } from '../../../../../native-models/architectures/autoencoder-kl.js';
import { ConfigReader } from '../../../../../native-models/architectures/config-reader.js';
import type { JsonObject } from '../../../../../native-models/architectures/config-reader.js';
import { parseUNetConfig, type UNetConfig } from '../../../../../native-models/architectures/unet-2d-condition.js';
import { imaginaryWeights } from '../../../../../native-models/onnx/weight-source.js';
import type { SafetensorsFile } from '../../../../../native-models/weight-formats/safetensors.js';
import { ldmAutoencoderConfig } from '../../../../../native-models/weight-formats/single-file/ldm-autoencoder-config.js';
import { ldmAutoencoderNames } from '../../../../../native-models/weight-formats/single-file/ldm-autoencoder-names.js';
import { ldmUNetConfig } from '../../../../../native-models/weight-formats/single-file/ldm-unet-config.js';
import { ldmUNetNames } from '../../../../../native-models/weight-formats/single-file/ldm-unet-names.js';
import { PartShapes } from '../../../../../native-models/weight-formats/single-file/part-shapes.js';

/** A file with tensors of these shapes and nothing in them. */
function fileOf(shapes: Readonly<Record<string, readonly number[]>>): SafetensorsFile {
  const tensors = Object.entries(shapes).map(
    ([name, shape]) => [name, { name, dtype: 'F16', shape, offset: 0, byteLength: 0 }] as const,
  );
  const identity = { file: '/m.safetensors', label: 'm.safetensors', bytes: 0, mtimeMs: 0, inode: 0 };
  return { file: '/m.safetensors', label: 'm.safetensors', tensors: new Map(tensors), metadata: {}, identity };
}

/** The shapes that our own networks of a config ask for, under a checkpoint's names. */
function shapesOf(plans: readonly NetworkPlan[], ldm: (name: string) => string | null) {
  const options = { device: 'cpu', weights: imaginaryWeights } as const;
  const weights = plans.flatMap((plan) => [...authorNetwork(plan, options).usedWeights]);
  return Object.fromEntries(
    weights.map(([key, { value }]) => [ldm(key.split(' ')[0]!) ?? 'nothing', value.shape.map(Number)]),
  );
}

const latents = { batch: 1, height: 64, width: 64 };

function unetShapes(config: UNetConfig) {
  const plan = { component: 'unet', config, sizes: { ...latents, tokens: 1 } } as const;
  return shapesOf([plan], ldmUNetNames(config));
}

const unetOf = (shapes: ReturnType<typeof unetShapes>, family: 'sd1' | 'sd2' | 'sdxl') =>
  ldmUNetConfig(new PartShapes(fileOf(shapes), ''), family);

const reader = (json: JsonObject) => new ConfigReader(json, 'config.json');

const realFiles = join(import.meta.dirname, '../../../../../../shared/real-files/configs');
const families = [
  ['sd1', 'stable-diffusion-v1-5'],
  ['sd2', 'stable-diffusion-2-1'],
  ['sdxl', 'stable-diffusion-xl-base-1.0'],
] as const;

describe.skipIf(!existsSync(realFiles))('told from shapes alone, the config of the real', () => {
  const real = (model: string, part: string) =>
    reader(JSON.parse(readFileSync(join(realFiles, model, part, 'config.json'), 'utf8')) as JsonObject);

  test.each(families)('%s UNet is what its folder says', (family, model) => {
    const config = parseUNetConfig(real(model, 'unet'));
    // SD 2.1 is a model of velocity, which its shapes do not tell.
    const sampleSize = family === 'sd2' ? 64 : config.sampleSize;
    expect(unetOf(unetShapes(config), family)).toEqual({ ...config, sampleSize });
  });

  test.each(families)('%s autoencoder is what its folder says', (family, model) => {
    const config = parseAutoencoderConfig(real(model, 'vae'));
    const plans = (['vae_encoder', 'vae_decoder'] as const).map((component) => ({ component, config, sizes: latents }));
    const shapes = new PartShapes(fileOf(shapesOf(plans, ldmAutoencoderNames(config))), '');
    expect(ldmAutoencoderConfig(shapes, family)).toEqual(config);
  });
});

describe('told from shapes alone, the config of a UNet', () => {
  test('with levels of unlike lengths and depths is what it was', () => {
    const config = parseUNetConfig(
      reader({
        block_out_channels: [64, 128, 128],
        layers_per_block: [1, 3, 2],
        down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
        up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
        transformer_layers_per_block: [1, [2, 1, 3], 4],
        reverse_transformer_layers_per_block: [4, [1, 2, 3, 4], 1],
        attention_head_dim: [1, 2, 2],
        cross_attention_dim: 96,
        use_linear_projection: true,
        in_channels: 9,
        sample_size: 64,
      }),
    );
    expect(unetOf(unetShapes(config), 'sd2')).toEqual(config);
  });

  const tiny = (fields: JsonObject = {}) =>
    unetShapes(parseUNetConfig(reader({ block_out_channels: [64, 128], layers_per_block: 2, ...fields })));

  test('whose heads would not be of width 64 is refused, and in Stable Diffusion 1 has eight', () => {
    const shapes = tiny({ block_out_channels: [32, 96] });
    expect(() => unetOf(shapes, 'sdxl')).toThrow('m.safetensors has a UNet of 32 channels: how many heads it has');
    expect(unetOf(shapes, 'sd1').blocks.map(({ heads }) => heads)).toEqual([8, 8]);
  });

  test('that lost a tensor is told by which', () => {
    const { 'out.2.weight': _lost, ...shapes } = tiny();
    expect(() => unetOf(shapes, 'sd1')).toThrow(
      'm.safetensors is no whole checkpoint: it has no tensor out.2.weight. Download it again.',
    );
  });

  test('with a transformer in one layer of a level is refused', () => {
    const shapes = Object.fromEntries(Object.entries(tiny()).filter(([name]) => !name.startsWith('input_blocks.2.1.')));
    expect(() => unetOf(shapes, 'sd1')).toThrow('transformers in some layers of a level only');
  });
});
