/**
 * Decoders of every family against transformers on tiny seeded weights, and the embedded storyteller's real ones (made
 * by make_language.py: torch 2.13.0, transformers 5.23.0). Tolerance: max |difference| <= 1e-4 x max |logit| in float32,
 * <= 2e-3 with weights kept as they are stored.
 *
 * The same on WebGPU where a Vulkan driver is named in VK_ICD_FILENAMES: a software one is enough.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Device } from '../../native-models/runtime/devices.js';
import { openLanguageBatch } from '../../native-models/runtime/language-batch.js';
import type { LanguageNetwork, LanguageNetworkOptions } from '../../native-models/runtime/language-network.js';
import { openLanguageNetwork } from '../../native-models/runtime/language-network.js';
import { ints } from '../../native-models/runtime/tensor.js';
import type { Tensor } from '../../native-models/runtime/tensor.js';
import { readLanguageFolder } from '../../native-models/weight-formats/language-folder.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import type { LanguageGolden } from './language-goldens.js';
import { readLanguageGolden } from './language-goldens.js';
import { operatorsOnCpu } from './operators-on-cpu.js';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'language-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const names = goldenNames('language').filter((name) => name !== 'storyteller');
const batches = names.filter((name) => name.includes('batch'));
const texts = names.filter((name) => !name.includes('batch'));

const idsOf = ({ golden }: LanguageGolden): number[] => {
  const { data } = golden.tensor('in.input_ids');
  return Array.from(data as BigInt64Array, Number);
};

/** The logits of all of `ids`, computed in pieces of these lengths. */
async function inPieces(
  network: LanguageNetwork,
  ids: readonly number[],
  pieces: readonly number[],
): Promise<Float32Array> {
  const all = new Float32Array(ids.length * network.vocabulary);
  let done = 0;
  for (const count of pieces) {
    all.set(await network.forward(ids.slice(done, done + count), 'all'), done * network.vocabulary);
    done += count;
  }
  expect(network.length).toBe(ids.length);
  return all;
}

async function worstInPieces(
  read: LanguageGolden,
  options: LanguageNetworkOptions,
  pieces: readonly number[],
): Promise<number> {
  const network = await openLanguageNetwork(read.files, options);
  const logits = await inPieces(network, idsOf(read), pieces);
  await network.release();
  return relativeDifference(logits, read.golden.floats('out.logits'));
}

describe.each(texts)('%s', (name) => {
  test('agrees with transformers in one pass and in pieces', async () => {
    const read = await readLanguageGolden(name, scratch);
    const reference = read.golden.floats('out.logits');
    const network = await openLanguageNetwork(read.files, { device: 'cpu', weightsMode: 'fold' });
    for (const pieces of [[12], [5, 1, 3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]) {
      network.truncate(0);
      expect(relativeDifference(await inPieces(network, idsOf(read), pieces), reference)).toBeLessThanOrEqual(1e-4);
    }
    await network.release();
  });
});

test.each(['llama-f16', 'llama-bf16'])('%s agrees with weights kept as they are stored', async (name) => {
  const read = await readLanguageGolden(name, scratch);
  const worst = await worstInPieces(read, { device: 'cpu', weightsMode: 'keep-half' }, [5, 1, 3, 3]);
  expect(worst).toBeLessThanOrEqual(2e-3);
});

test.each(['llama', 'llama-bf16'])('%s agrees without a packed copy of its weights', async (name) => {
  const read = await readLanguageGolden(name, scratch);
  const options = { device: 'cpu', weightsMode: 'fold', packWeights: false } as const;
  expect(await worstInPieces(read, options, [5, 1, 6])).toBeLessThanOrEqual(1e-4);
});

test('weights in three shards are those of one file', async () => {
  const read = await readLanguageGolden('qwen3-layers', scratch, { shards: 3 });
  expect(await worstInPieces(read, { device: 'cpu' }, [12])).toBeLessThanOrEqual(1e-4);
});

/** A golden that passes whatever the config says would prove nothing. */
test.each<[string, string, Record<string, unknown>]>([
  ['no scaling of positions', 'llama-3', { rope_parameters: { rope_theta: 100 } }],
  ['another factor', 'llama-linear', { rope_parameters: { rope_type: 'linear', rope_theta: 10000, factor: 5 } }],
  [
    'an attention factor of 1',
    'llama-yarn',
    {
      rope_parameters: {
        rope_type: 'yarn',
        rope_theta: 100,
        factor: 4,
        attention_factor: 1,
        original_max_position_embeddings: 16,
      },
    },
  ],
  ['another base of positions', 'llama-old-spelling', { rope_theta: 10000 }],
  ['another epsilon', 'llama', { rms_norm_eps: 0.01 }],
  ['a window of one token more', 'mistral-window', { sliding_window: 5 }],
  ['a window from another layer on', 'qwen2-window-old-spelling', { max_window_layers: 2 }],
  [
    'windows in other layers',
    'qwen3-layers',
    { layer_types: ['full_attention', 'sliding_attention', 'sliding_attention'] },
  ],
  ['heads of another number', 'llama-no-groups', { num_attention_heads: 2, num_key_value_heads: 2, head_dim: 24 }],
])('%s gives other logits', async (_, name, fields) => {
  const read = await readLanguageGolden(name, scratch, { change: (config) => ({ ...config, ...fields }) });
  expect(await worstInPieces(read, { device: 'cpu' }, [5, 1, 6])).toBeGreaterThan(2e-3);
});

describe.each(batches)('%s', (name) => {
  test('agrees with transformers, text beside text', async () => {
    const read = await readLanguageGolden(name, scratch);
    expect(await worstOfBatch(read, 'cpu')).toBeLessThanOrEqual(1e-4);
  });
});

/** Where there is no padding; where there is, a row is nobody's. */
async function worstOfBatch({ golden, files }: LanguageGolden, device: Device): Promise<number> {
  const [batch, tokens] = golden.tensor('in.input_ids').shape as [number, number];
  const network = await openLanguageBatch(files, { batch, tokens }, { device });
  const inputs: Record<string, Tensor> = {};
  for (const key of ['input_ids', 'attention_mask', 'position_ids']) {
    if (golden.has(`in.${key}`)) inputs[key] = ints([batch, tokens], golden.tensor(`in.${key}`).data as BigInt64Array);
  }
  const { logits } = await network.run(inputs);
  await network.release();
  expect(logits?.shape).toEqual([batch, tokens, 96]);
  const got = Float32Array.from(logits!.data as Float32Array);
  expect(got.every(Number.isFinite)).toBe(true);
  (inputs['attention_mask']!.data as BigInt64Array).forEach((seen, row) => {
    if (seen === 0n) got.fill(0, row * 96, (row + 1) * 96); // as the golden has it
  });
  return relativeDifference(got, golden.floats('out.logits'));
}

describe('the embedded storyteller', () => {
  const { description, floats } = readGolden<{ prompt: number[]; greedy: number[] }>('language', 'storyteller');
  const folder = path.resolve(import.meta.dirname, '../../native-models/embedded/storyteller');

  test('tells transformers’ story, token for token', async () => {
    const network = await openLanguageNetwork(await readLanguageFolder(folder), { device: 'cpu' });
    const prompt = await network.forward(description.prompt, 'all');
    expect(relativeDifference(prompt, floats('out.logits'))).toBeLessThanOrEqual(1e-4);
    const story: number[] = [];
    let logits = prompt.subarray(-network.vocabulary);
    while (story.length < description.greedy.length) {
      const likeliest = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
      story.push(likeliest);
      logits = await network.forward([likeliest], 'last');
    }
    await network.release();
    expect(story).toEqual(description.greedy);
  });
});

describe.runIf(process.env['VK_ICD_FILENAMES'])('on WebGPU', () => {
  test.each(['llama-3', 'llama-bf16', 'mistral-window', 'qwen3-layers'])('%s agrees in pieces', async (name) => {
    const read = await readLanguageGolden(name, scratch);
    const profile = path.join(scratch, `${name}-profile`);
    expect(await worstInPieces(read, { device: 'webgpu', profile }, [5, 1, 6])).toBeLessThanOrEqual(1e-4);
    expect(await operatorsOnCpu(profile)).toEqual([]);
  });

  test('mistral-batch agrees', async () => {
    const read = await readLanguageGolden('mistral-batch', scratch);
    expect(await worstOfBatch(read, 'webgpu')).toBeLessThanOrEqual(1e-4);
  });
});
