/** Networks on real files: what a run refuses before it reaches the runtime, and files that change or are damaged. */
import { cp, mkdtemp, open, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { Network, Tensors } from '../../../../native-models/runtime/network.js';
import { openNetwork } from '../../../../native-models/runtime/open-network.js';
import { defaultWeightsMode } from '../../../../native-models/runtime/session-options.js';
import { floats, ints } from '../../../../native-models/runtime/tensor.js';
import { readNamedComponent } from '../../../../native-models/weight-formats/diffusers-folder.js';
import type { TextEncoderFiles, UNetFiles } from '../../../../native-models/weight-formats/component-folder.js';

import { relativeDifference } from '../../../parity/golden.js';

const embedded = path.resolve(import.meta.dirname, '../../../../native-models/embedded/pictures');

let unet: Network;
let text: Network;
beforeAll(async () => {
  const unetFiles = (await readNamedComponent(embedded, 'unet')) as UNetFiles;
  const textFiles = (await readNamedComponent(embedded, 'text_encoder')) as TextEncoderFiles;
  const sizes = { batch: 2, height: 8, width: 8, tokens: 5 };
  unet = await openNetwork({ component: 'unet', files: unetFiles, sizes, device: 'cpu' });
  text = await openNetwork({
    component: 'text_encoder',
    files: textFiles,
    sizes: { batch: 1, tokens: 3 },
    device: 'cpu',
    outputs: ['hidden_states.2'],
  });
});
afterAll(async () => {
  await unet.release();
  await text.release();
});

const sound: Tensors = {
  sample: floats([2, 4, 8, 8]),
  timestep: floats([1], Float32Array.of(500)),
  encoder_hidden_states: floats([2, 5, 192]),
};

test('one timestep stands for the whole batch', async () => {
  const one = await unet.run(sound);
  const each = await unet.run({ ...sound, timestep: floats([2], Float32Array.of(500, 500)) });
  expect(one['out_sample']).toEqual(each['out_sample']);
});

test('a text encoder gives the outputs that were asked for and no others', async () => {
  const outputs = await text.run({ input_ids: ints([1, 3], [3035, 7, 3036]) });
  expect(Object.keys(outputs)).toEqual(['hidden_states.2']);
  expect(outputs['hidden_states.2']?.shape).toEqual([1, 3, 192]);
});

describe('a wrong input is one sentence', () => {
  const { sample: _, ...withoutSample } = sound;
  const shared = new Float32Array(new SharedArrayBuffer(4 * 2 * 5 * 192));

  test.each<[string, Tensors]>([
    ['The input sample [2, 4, 8, 8] is missing.', withoutSample],
    [
      'This network has no input samples; its inputs are sample, timestep, encoder_hidden_states.',
      { ...sound, samples: floats([1]) },
    ],
    ['The input sample should be [2, 4, 8, 8], got [2, 4, 8, 9].', { ...sound, sample: floats([2, 4, 8, 9]) }],
    [
      'The input sample should be float32, got int64.',
      { ...sound, sample: ints([2, 4, 8, 8], new Array<number>(512).fill(0)) },
    ],
    [
      'The input sample should be 512 numbers for its shape [2, 4, 8, 8], got 3.',
      { ...sound, sample: floats([2, 4, 8, 8], new Float32Array(3)) },
    ],
    ['The input timestep should be [2], got [3].', { ...sound, timestep: floats([3]) }],
    [
      'The input encoder_hidden_states should be in memory of its own, got shared memory.',
      { ...sound, encoder_hidden_states: floats([2, 5, 192], shared) },
    ],
  ])('%s', async (sentence, inputs) => {
    await expect(unet.run(inputs)).rejects.toMatchObject({ kind: 'bad-input', message: sentence });
  });

  test('a token beyond the vocabulary', async () => {
    await expect(text.run({ input_ids: ints([1, 3], [3035, 3037, 3036]) })).rejects.toThrow(
      'The input input_ids should be made of whole numbers from 0 to 3036, got 3037.',
    );
  });
});

const floatsOf = (outputs: Tensors): Float32Array => outputs['out_sample']!.data as Float32Array;

test('weights kept as halves give what folded ones give', async () => {
  const files = (await readNamedComponent(embedded, 'unet')) as UNetFiles;
  const sizes = { batch: 2, height: 8, width: 8, tokens: 5 };
  const kept = await openNetwork({ component: 'unet', files, sizes, device: 'cpu', weightsMode: 'keep-half' });
  const noisy = {
    ...sound,
    sample: floats(
      [2, 4, 8, 8],
      Float32Array.from({ length: 512 }, (_, i) => Math.sin(i * i)),
    ),
  };
  const [a, b] = [floatsOf(await kept.run(noisy)), floatsOf(await unet.run(noisy))];
  await kept.release();
  expect(relativeDifference(a, b)).toBeLessThanOrEqual(1e-6);
});

describe('files', () => {
  let scratch = '';
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  const copied = async (): Promise<{ files: UNetFiles; weights: string }> => {
    scratch = await mkdtemp(path.join(tmpdir(), 'open-'));
    await cp(path.join(embedded, 'unet'), scratch, { recursive: true });
    const files = (await readNamedComponent(scratch, 'unet')) as UNetFiles;
    return { files, weights: path.join(scratch, 'diffusion_pytorch_model.safetensors') };
  };
  const opening = (files: UNetFiles): Promise<Network> =>
    openNetwork({ component: 'unet', files, sizes: { batch: 1, height: 8, width: 8, tokens: 5 }, device: 'cpu' });

  test('that changed since they were read are refused', async () => {
    const { files, weights } = await copied();
    await utimes(weights, 1, 1);
    await expect(opening(files)).rejects.toMatchObject({
      kind: 'file-changed',
      message: expect.stringContaining(
        '/diffusion_pytorch_model.safetensors changed while it was in use. Open the model again.',
      ) as string,
      file: weights,
    });
  });

  test('with a NaN in their weights are refused before anything is mapped', async () => {
    const { weights } = await copied();
    const first = (await readNamedComponent(scratch, 'unet')).weights.find('mid_block.resnets.0.conv1.weight')!;
    const handle = await open(weights, 'r+');
    await handle.write(Uint8Array.of(0x00, 0x7e), 0, 2, first.offset + 100);
    await handle.close();
    const files = (await readNamedComponent(scratch, 'unet')) as UNetFiles;
    await expect(opening(files)).rejects.toThrow(
      /diffusion_pytorch_model\.safetensors is damaged: mid_block\.resnets\.0\.conv1\.weight holds values that are not numbers\./,
    );
  });

  test('that are gone are refused', async () => {
    const { files, weights } = await copied();
    await rm(weights);
    await expect(opening(files)).rejects.toMatchObject({ kind: 'missing-file' });
  });
});

test('small networks are folded, large ones and those that memory is short for keep their halves', () => {
  expect(defaultWeightsMode(36e6, 'cpu', 8e9)).toBe('fold');
  expect(defaultWeightsMode(3.4e9, 'cpu', 64e9)).toBe('keep-half');
  expect(defaultWeightsMode(36e6, 'cpu', 100e6)).toBe('keep-half');
  expect(defaultWeightsMode(3.4e9, 'webgpu', 8e9)).toBe('fold');
});
