import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import { floats, ints, type Tensor } from '../../../../native-models/runtime/tensor.js';
import { readTensors } from '../../../../native-models/weight-formats/read-tensors.js';
import { readSingleFile } from '../../../../native-models/weight-formats/single-file/read-single-file.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { relativeDifference } from '../../../parity/golden.js';
import { pixels, psnr } from '../../../parity/picture-difference.js';
import { singleFileGolden, writeCheckpoint, writeSingleFileFolder } from '../../../parity/single-file-model.js';
import { seeded } from '../../../parity/seeded-weights.js';
import { writeSeededAdapter } from '../../native-models/adapters/seeded-adapter.js';
import { bundleInkstone, type Inkstone } from './run-inkstone.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const golden = singleFileGolden('sdxl');
const { settings } = golden.description;

let inkstone: Inkstone;
let folder: string;
let file: string;
beforeAll(async () => {
  inkstone = await bundleInkstone();
  folder = mkdtempSync(join(tmpdir(), 'inkstone-checkpoint-'));
  file = await writeCheckpoint(golden.description, join(folder, 'hearts.safetensors'));
  await writeSafetensors(join(folder, 'latents.safetensors'), {
    latents: floats(golden.tensor('latents').shape, golden.floats('latents')),
  });
});
afterAll(() => {
  inkstone.remove();
  rmSync(folder, { recursive: true });
});

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await inkstone.run([...args, '--json']);
  expect({ code, stderr: code === 0 ? [] : stderr }).toEqual({ code: 0, stderr: [] });
  return JSON.parse(stdout) as unknown;
}

/** The golden's picture, by the model that is wished. */
async function generate(model: string, name: string, ...more: string[]): Promise<Buffer> {
  const out = join(folder, name);
  const { prompt, negative, sampler, steps, cfg } = settings;
  const words = [
    '--prompt',
    prompt,
    '--negative',
    negative,
    '--sampler',
    sampler,
    '--steps',
    `${steps}`,
    '--cfg',
    `${cfg}`,
  ];
  const latents = ['--latents', join(folder, 'latents.safetensors')];
  await json('generate', '--model', model, ...words, ...latents, '--out', out, ...more);
  return sharp(out).raw().toBuffer();
}

test('a checkpoint is inspected, imported where it lies, and makes its picture by its path and by its name', async () => {
  const model = { name: 'hearts', kind: 'diffusion', family: 'sdxl', prediction: 'epsilon', inChannels: 4, format: 'single-file', dtype: 'F32', path: file, bytes: readFileSync(file).byteLength }; // prettier-ignore
  expect(await json('models', 'inspect', file)).toMatchObject({ model: { ...model, id: null } });
  expect(await json('models', 'import', file)).toMatchObject({ model, bytesWritten: 0 });
  expect(await json('models', 'list')).toMatchObject({ models: expect.arrayContaining([expect.objectContaining(model)]) as object[] }); // prettier-ignore
  const reference = pixels(golden.tensor('image_u8').data);
  const picture = await generate(file, 'path.png');
  expect(psnr(picture, reference)).toBeGreaterThan(45);
  expect(await generate('hearts', 'name.png')).toEqual(picture);
});

test('adapters change its picture alike, live and baked', async () => {
  const lora = join(folder, 'lora.safetensors');
  await writeSeededAdapter(lora, adaptableModel(await readSingleFile(file)), { gain: 0.05 });
  expect(await json('adapters', 'inspect', lora, '--model', file)).toMatchObject({ unmatched: [], fits: true });
  const plain = await generate(file, 'plain.png');
  const live = await generate(file, 'live.png', '--lora', lora);
  expect(psnr(live, plain)).toBeLessThan(40);
  expect(psnr(await generate(file, 'baked.png', '--lora', lora, '--apply', 'baked'), live)).toBeGreaterThan(45);
});

test('each of its networks runs as that of its folder does', async () => {
  const other = await writeSingleFileFolder(golden.description, folder);
  mkdirSync(join(folder, 'run'));
  const random = (name: string, shape: readonly number[]): Tensor => floats(shape, seeded(name, [1, ...shape]));
  const ids = ints([1, 24], [49406, 320, 736, ...new Array<number>(21).fill(49407)]);
  const unet = { sample: random('a', [1, 4, 12, 16]), timestep: floats([1], Float32Array.of(500)), encoder_hidden_states: random('b', [1, 24, 192]), text_embeds: random('c', [1, 128]), time_ids: floats([1, 6]) }; // prettier-ignore
  const given: [component: string, inputs: Record<string, Tensor>][] = [
    ['text_encoder', { input_ids: ids }],
    ['text_encoder_2', { input_ids: ids }],
    ['unet', unet],
    ['vae_encoder', { sample: random('d', [1, 3, 24, 32]) }],
    ['vae_decoder', { latent_sample: random('e', [1, 4, 12, 16]) }],
  ];
  for (const [component, tensors] of given) {
    const inputs = join(folder, 'run', `${component}.safetensors`);
    await writeSafetensors(inputs, tensors);
    const outputs = await Promise.all(
      [file, other].map(async (model, index) => {
        const out = join(folder, 'run', `${component}-${index}.safetensors`);
        await json('run', component, '--model', model, '--inputs', inputs, '--out', out);
        return readTensors(out);
      }),
    );
    const [mine = {}, theirs = {}] = outputs;
    expect(Object.keys(mine)).toEqual(Object.keys(theirs));
    for (const [name, { data }] of Object.entries(mine)) {
      // OpenCLIP's projection is stored the other way round, and that product adds up in another order.
      const difference = relativeDifference(data as Float32Array, theirs[name]!.data as Float32Array);
      expect(difference, `${component} ${name}`).toBeLessThanOrEqual(name === 'text_embeds' ? 1e-6 : 0);
    }
  }
});
