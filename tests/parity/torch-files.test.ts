/**
 * Files that torch 2.13.0 wrote (make_torch_files.py), in both its formats and as TorchScript, read without Python: every
 * tensor bit for bit, and a refusal by name of what wants to run. And real files of other people, where
 * `../shared/real-files` is there.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { ModelError } from '../../native-models/errors.js';
import { findNonFinite } from '../../native-models/weight-formats/non-finite.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { readWeightFile } from '../../native-models/weight-formats/read-weight-file.js';
import type { SafetensorsFile } from '../../native-models/weight-formats/safetensors.js';
import { readTorchFile } from '../../native-models/weight-formats/torch-pickle/read-torch-file.js';
import { torchWeights } from '../../native-models/weight-formats/torch-pickle/torch-weights.js';
import { goldenNames, readGolden } from './golden.js';

interface Description {
  readonly what: string;
  readonly tensors?: Readonly<Record<string, { readonly dtype: string; readonly shape: readonly number[] }>>;
  readonly refused?: string;
}

const goldens = goldenNames('torch-files').map((name) => readGolden<Description>('torch-files', name));
const fileOf = (name: string): string => path.resolve(import.meta.dirname, `goldens/torch-files/${name}.pth`);

const sound = goldens.filter(({ description }) => description.tensors);
test.each(sound.map((golden) => [golden.name, golden] as const))(
  '%s is read tensor for tensor',
  async (name, golden) => {
    const weights = torchWeights(await readTorchFile(fileOf(name))) as SafetensorsFile;
    const described = [...weights.tensors].map(([key, { dtype, shape }]) => [key, { dtype, shape }]);
    expect(Object.fromEntries(described)).toEqual(golden.description.tensors);
    // Eight bits of a float are no number format that anything here computes with.
    const tensors = new Map([...weights.tensors].filter(([, { dtype }]) => !dtype.startsWith('F8')));
    for (const [key, { data }] of Object.entries(await readTensors({ ...weights, tensors }))) {
      expect({ key, data: [...data] }).toEqual({ key, data: [...golden.tensor(key).data] });
    }
  },
);

const refused = goldens.filter(({ description }) => description.refused);
test.each(refused.map((golden) => [golden.name, golden] as const))('%s is refused', async (name, golden) => {
  const error: unknown = await readWeightFile(fileOf(name)).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({
    kind: 'unsupported',
    file: fileOf(name),
    message: expect.stringContaining(golden.description.refused!) as string,
  });
  if (name.startsWith('evil')) expect((error as ModelError).message).toContain('is not read');
});

test('the weights of a training state are those below its state_dict', async () => {
  for (const name of ['rich-zip', 'rich-legacy']) {
    const { tensors } = await readWeightFile(fileOf(name));
    expect([...tensors.keys()].slice(0, 3)).toEqual(['half', 'brain', 'double']);
    expect(tensors.get('rows')!.offset).toBe(tensors.get('base')!.offset + 2 * 5 * 4);
    expect(tensors.get('tied')!.offset).toBe(tensors.get('base')!.offset);
    expect(await findNonFinite(await readWeightFile(fileOf(name)))).toEqual([]);
  }
});

const realFiles = path.resolve(import.meta.dirname, '../../../shared/real-files');
if (!existsSync(realFiles)) console.warn('Real files of torch are not read: ../shared/real-files is not there.');

describe.runIf(existsSync(realFiles))('real files', () => {
  test.each([
    ['autoencoders/taef2_encoder.pth', 79, '0.weight', 'F16', [64, 3, 3, 3]],
    ['autoencoders/tiny-autoencoder-kl-2022.bin', 124, 'encoder.conv_in.weight', 'F32', [32, 3, 3, 3]],
    ['embeddings/learned_embeds_1.bin', 1, '<frida>', 'F32', [10, 768]],
    ['lora/lora_kiriko2.text_encoder.pt', 96, '0', 'F32', [768, 4]],
    ['lora/lora_kiriko2.ti.pt', 1, '<krk>', 'F32', [768]],
    ['peft/lora_mlp/adapter_model.bin', 2, 'base_model.model.lin0.lora_A.weight', 'F32', [8, 10]],
    ['peft/lora_emb_conv1d/adapter_model.bin', 4, 'base_model.model.emb.lora_embedding_A', 'F32', [8, 100]],
    ['peft/lora_mlp_modules_to_save/adapter_model.bin', 4, 'base_model.model.lin0.lora_A.weight', 'F32', [8, 10]],
  ])('%s is read, all of it numbers', async (name, count, first, dtype, shape) => {
    const weights = await readWeightFile(path.join(realFiles, name));
    expect(weights.tensors.size).toBe(count);
    const [tensor] = weights.tensors.values();
    expect([tensor!.name, tensor!.dtype, tensor!.shape]).toEqual([first, dtype, shape]);
    expect(await findNonFinite(weights)).toEqual([]);
    const largest = Math.max(
      ...Object.values(await readTensors(weights))
        .map(({ data }) => Number(data[0]))
        .map(Math.abs),
    );
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(100);
  });
});
