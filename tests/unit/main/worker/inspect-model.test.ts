import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';

vi.setConfig({ testTimeout: 30_000 });

const embedded = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

let folder: string;
let model: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-inspect-')));
  model = join(folder, 'model');
});
afterEach(() => rmSync(folder, { recursive: true }));

const copyModel = () => cpSync(embedded, model, { recursive: true });
const inspect = (path: string, checkFinite = false) => inspectModel({ path, checkFinite });

describe('inspecting a model', () => {
  test('of the embedded pictures tells what it is', async () => {
    await expect(inspect(embedded, true)).resolves.toMatchObject({
      name: 'Inkstone pictures',
      kind: 'diffusion',
      family: 'sd1',
      prediction: 'v_prediction',
      inChannels: 4,
      format: 'diffusers',
      sizeMultiple: 4,
      nativeSize: 64,
      hashedFile: expect.stringMatching(/unet.diffusion_pytorch_model\.safetensors$/),
      notices: [],
    });
  });

  test('of one component tells which', async () => {
    await expect(inspect(join(embedded, 'vae'))).resolves.toMatchObject({ kind: 'autoencoder', format: 'component' });
  });

  test.each([
    ['nothing', () => undefined, 'missing-file'],
    ['an empty folder', () => mkdirSync(model), 'bad-input'],
    ['words', () => writeFileSync(model, 'not a model'), 'bad-input'],
  ])('of %s is refused in one sentence that names it', async (_what, prepare, kind) => {
    prepare();
    await expect(inspect(model)).rejects.toMatchObject({
      kind,
      file: model,
      message: expect.stringContaining('model'),
    });
  });

  test('whose weights are cut short names the file', async () => {
    copyModel();
    const weights = join(model, 'vae', 'diffusion_pytorch_model.safetensors');
    truncateSync(weights, 100_000);
    await expect(inspect(model)).rejects.toMatchObject({ kind: 'bad-file', file: weights });
  });

  test('whose config is of another model is refused', async () => {
    copyModel();
    const config = join(model, 'unet', 'config.json');
    const edited = JSON.parse(readFileSync(config, 'utf8')) as Record<string, unknown>;
    writeFileSync(config, JSON.stringify({ ...edited, cross_attention_dim: 768 }));
    await expect(inspect(model)).rejects.toMatchObject({ kind: 'unfit-model' });
  });

  test('whose weights hold what is no number is refused when they are all read', async () => {
    copyModel();
    const weights = join(model, 'unet', 'diffusion_pytorch_model.safetensors');
    const bytes = readFileSync(weights);
    bytes.writeUInt16LE(0x7e00, 8 + Number(bytes.readBigUInt64LE())); // the first half becomes NaN
    writeFileSync(weights, bytes);
    await expect(inspect(model)).resolves.toMatchObject({ kind: 'diffusion' });
    await expect(inspect(model, true)).rejects.toMatchObject({ kind: 'bad-file', file: weights });
  });

  test.each([
    ['a LoRA', 'lora_unet_mid_block.lora_down.weight', 'is a LoRA', 'unsupported'],
    ['another adapter for Flux', 'double_blocks.0.img_attn.proj.oft_blocks', 'is an adapter', 'unsupported'],
    ['a LoRA for Flux', 'lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight', 'is a LoRA', 'unsupported'],
    ['an embedding', 'emb_params', 'is a textual inversion embedding', 'unsupported'],
    ['a VAE', 'decoder.up.0.block.0.conv1.weight', 'is a VAE alone', 'unfit-model'],
    [
      'a VAE under its prefix',
      'first_stage_model.encoder.down.0.block.0.conv1.weight',
      'is a VAE alone',
      'unfit-model',
    ],
    [
      'a UNet alone',
      'input_blocks.0.0.weight',
      'is the UNet of a checkpoint without its text encoder and VAE',
      'unfit-model',
    ],
    ['a ControlNet', 'control_model.input_hint_block.0.weight', 'is a ControlNet', 'unsupported'],
    ['an IP-Adapter', 'image_proj.proj.weight', 'is an IP-Adapter', 'unsupported'],
    ['Flux', 'model.diffusion_model.double_blocks.0.img_attn.qkv.weight', 'is a Flux model', 'unfit-model'],
    ['Flux without a prefix', 'double_blocks.0.img_attn.qkv.weight', 'is a Flux model', 'unfit-model'],
    ['HunyuanVideo', 'double_blocks.0.img_attn_qkv.weight', 'is a HunyuanVideo model', 'unfit-model'],
    [
      'SD 3',
      'model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight',
      'is a Stable Diffusion 3 model',
      'unfit-model',
    ],
    ['Wan', 'blocks.0.cross_attn.k.weight', 'is a Wan model', 'unfit-model'],
    [
      'another one',
      'model.diffusion_model.layers.0.weight',
      'is a picture model of a kind that is not supported',
      'unfit-model',
    ],
    ['T5', 'encoder.block.0.layer.0.SelfAttention.q.weight', 'is a T5 text encoder', 'unsupported'],
  ])('of %s says where that belongs', async (_what, tensor, word, kind) => {
    const file = join(folder, 'file.safetensors');
    await writeSafetensors(file, { [tensor]: floats([1]) });
    await expect(inspect(file)).rejects.toMatchObject({
      kind,
      file,
      message: expect.stringContaining(`file.safetensors ${word}`),
    });
  });
});
