/** Reading adapters of strangers: what is made of sound ones, and what is said of all others. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { NotAnAdapterError } from '../../../../native-models/adapters/not-an-adapter-error.js';
import { readAdapter } from '../../../../native-models/adapters/read-adapter.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import {
  floatToHalf,
  floatsToBrains,
  floatsToHalves,
} from '../../../../native-models/weight-formats/number-formats.js';
import { readSafetensors } from '../../../../native-models/weight-formats/safetensors.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { writeZeros, type Shapes } from './adapter-files.js';

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'adapters-'));
  file = path.join(folder, 'ink.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (shapes: Shapes, metadata: Record<string, string> = {}): ReturnType<typeof readAdapter> =>
  readAdapter(await writeZeros(file, shapes, metadata));

const q = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
const k = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
const pair = (module: string, rank = 4, width = 320): Shapes => ({
  [`${module}.lora_down.weight`]: [rank, width],
  [`${module}.lora_up.weight`]: [320, rank],
});
const peftQ = 'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
const peftK = 'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k';
const peftPair = (module: string): Shapes => ({
  [`${module}.lora_A.weight`]: [4, 320],
  [`${module}.lora_B.weight`]: [320, 4],
});

describe('a sound file', () => {
  test('tells dialect, algorithm, base and its layers', async () => {
    const adapter = await read({ ...pair(q), ...pair(k, 8, 768) });
    expect(adapter).toMatchObject({ algorithm: 'lora', base: 'sd1', layers: 2, leftOver: [] });
    expect(adapter.dialect.id).toBe('kohya');
    expect(adapter.modules).toMatchObject([
      { key: q, rank: 4, inFeatures: 320, outFeatures: 320, kernel: null },
      { key: k, rank: 8, inFeatures: 768, outFeatures: 320, kernel: null },
    ]);
  });

  test('with wider convolutions is a LoCon', async () => {
    const conv = 'lora_unet_down_blocks_0_resnets_0_conv1';
    const shapes = { [`${conv}.lora_down.weight`]: [4, 320, 3, 3], [`${conv}.lora_up.weight`]: [320, 4, 1, 1] };
    const adapter = await read(shapes);
    expect(adapter).toMatchObject({ algorithm: 'locon', modules: [{ kernel: [3, 3], inFeatures: 320 }] });
  });

  test.each([
    ['F32', floats([], Float32Array.of(8))],
    ['F16', { dtype: 'F16', shape: [], bytes: new Uint8Array(floatsToHalves(Float32Array.of(8)).buffer) }],
    ['BF16', { dtype: 'BF16', shape: [1], bytes: new Uint8Array(floatsToBrains(Float32Array.of(8)).buffer) }],
    ['I64', { dtype: 'I64', shape: [], bytes: new Uint8Array(BigInt64Array.of(8n).buffer) }],
  ] as const)('may have its alphas as %s', async (_format, alpha) => {
    const matrices = { down: floats([4, 320]), up: floats([320, 4]) };
    await writeSafetensors(file, {
      [`${q}.lora_down.weight`]: matrices.down,
      [`${q}.lora_up.weight`]: matrices.up,
      [`${q}.alpha`]: alpha,
    });
    await expect(readAdapter(file)).resolves.toMatchObject({ modules: [{ rank: 4, alpha: 8, scale: 2 }] });
  });

  test('without alphas has scale 1', async () => {
    await expect(read(pair(q))).resolves.toMatchObject({ modules: [{ alpha: null, scale: 1 }] });
  });

  test('may have its tensors at odd offsets, as old files do', async () => {
    const { tensors } = await readSafetensors(await writeZeros(file, { ...pair(q), [`${q}.alpha`]: [] }));
    const offset = tensors.get(`${q}.alpha`)?.offset ?? 0;
    const bytes = await readFile(file);
    bytes.writeUInt16LE(floatToHalf(6), offset);
    // One space more before the data, and everything behind it stands at an odd place.
    const end = 8 + Number(bytes.readBigUInt64LE());
    const space = end % 2 === 0 ? ' ' : '';
    bytes.writeBigUInt64LE(BigInt(end - 8 + space.length));
    await writeFile(file, Buffer.concat([bytes.subarray(0, end), Buffer.from(space), bytes.subarray(end)]));
    const { modules } = await readAdapter(file);
    expect((modules[0]?.slots.get('alpha')?.offset ?? 0) % 2).toBe(1);
    expect(modules).toMatchObject([{ alpha: 6, scale: 1.5 }]);
  });

  test('of PEFT’s takes alphas from its metadata, by component, layer and rank-stabilised or not', async () => {
    const config = {
      'unet.r': 4,
      'unet.lora_alpha': 8,
      'unet.alpha_pattern': { 'attn2.to_k': 2, 'attn1\\.to_v': 3 },
      'unet.use_rslora': false,
      'text_encoder.lora_alpha': 16,
      'text_encoder.use_rslora': true,
    };
    const textQ = 'text_encoder.text_model.encoder.layers.0.self_attn.q_proj';
    const peftV = peftQ.replace('to_q', 'to_v');
    const shapes = { ...peftPair(peftQ), ...peftPair(peftK), ...peftPair(peftV), ...peftPair(textQ) };
    const { modules, dialect } = await read(shapes, { lora_adapter_metadata: JSON.stringify(config) });
    expect(dialect.id).toBe('peft');
    expect(modules.map(({ alpha, scale }) => [alpha, scale])).toEqual([
      [8, 2],
      [2, 0.5],
      [3, 0.75],
      [16, 8],
    ]);
  });

  test('of PEFT’s takes them from adapter_config.json where that stands beside', async () => {
    const own = await mkdtemp(path.join(folder, 'peft-'));
    await writeFile(path.join(own, 'adapter_config.json'), JSON.stringify({ r: 4, lora_alpha: 6 }));
    const module = 'base_model.model.mid_block.attentions.0.transformer_blocks.0.attn1.to_q';
    const weights = await writeZeros(path.join(own, 'adapter_model.safetensors'), peftPair(module));
    await expect(readAdapter(weights)).resolves.toMatchObject({ modules: [{ alpha: 6, scale: 1.5 }] });
  });

  test('of PEFT’s whose alphas go by a regular expression is refused: running it could take for ever', async () => {
    const metadata = { lora_adapter_metadata: JSON.stringify({ 'unet.alpha_pattern': { '(a+)+$': 1 } }) };
    await expect(read(peftPair(peftQ), metadata)).rejects.toMatchObject({
      kind: 'unsupported',
      message: 'ink.safetensors gives an alpha to layers by the pattern “(a+)+$”: only plain names are supported.',
    });
  });

  test('of diffusers and PEFT mixed, as its training scripts write, is one adapter', async () => {
    const diffusersPair = { [`${peftQ}.lora.down.weight`]: [4, 320], [`${peftQ}.lora.up.weight`]: [320, 4] };
    const adapter = await read({ ...diffusersPair, ...peftPair(peftK) });
    expect(adapter.modules.map(({ key }) => key)).toEqual([peftQ, peftK]);
    expect(adapter.leftOver).toEqual([]);
  });
});

describe('a file with some layers that cannot be used says why, and the others run', () => {
  const broken = 'lora_unet_mid_block_attentions_0_proj_in';
  const shapes = (down: readonly number[], up: readonly number[]): Shapes => ({
    [`${broken}.lora_down.weight`]: down,
    [`${broken}.lora_up.weight`]: up,
  });
  test.each<[string, Shapes]>([
    ['its rank is 0', shapes([0, 320], [320, 0])],
    ['its ranks differ: down is [4, 320] and up [320, 8]', shapes([4, 320], [320, 8])],
    ['it is empty: down is [4, 0] and up [320, 4]', shapes([4, 0], [320, 4])],
    ['down is [4] and up [320, 4], which is no low-rank pair', shapes([4], [320, 4])],
    ['down is [4, 320, 3] and up [320, 4], which is no low-rank pair', shapes([4, 320, 3], [320, 4])],
    ['down is [4, 320] and up [320, 4, 3, 3], which is no low-rank pair', shapes([4, 320], [320, 4, 3, 3])],
    ['only half of its pair is there, down without the other', { [`${broken}.lora_down.weight`]: [4, 320] }],
    ['it has an alpha and no matrices', { [`${broken}.alpha`]: [] }],
    ['its alpha is no number', { ...pair(broken), [`${broken}.alpha`]: [2] }],
    ['holds scalar, which is not known here', { ...pair(broken), [`${broken}.scalar`]: [] }],
    [
      'its numbers are F8_E4M3, which is not supported yet',
      {
        [`${broken}.lora_down.weight`]: { shape: [4, 320], dtype: 'F8_E4M3' },
        [`${broken}.lora_up.weight`]: [320, 4],
      },
    ],
    ['DoRA: not supported yet', { ...pair(broken), [`${broken}.dora_scale`]: [320, 1] }],
    ['LoCon with a Tucker core: not supported yet', { ...pair(broken), [`${broken}.lora_mid.weight`]: [4, 4, 3, 3] }],
    ['changed norm: not supported yet', { [`${broken}.w_norm`]: [320] }],
  ])('%s', async (reason, bad) => {
    const adapter = await read({ ...pair(q), ...bad });
    expect(adapter.modules.map(({ key }) => key)).toEqual([q]);
    expect(adapter.leftOver).toEqual([{ key: broken, reason }]);
    expect(adapter.layers).toBe(2);
  });

  test('changes of a bias are told and left out', async () => {
    const adapter = await read({ ...pair(q), [`${q}.diff_b`]: [320] });
    expect(adapter).toMatchObject({
      modules: [{ key: q }],
      leftOver: [{ key: `${q}.diff_b`, reason: 'changes a bias: not supported yet' }],
      layers: 1,
    });
  });

  test('an embedding that is bundled with it is told and left out', async () => {
    const adapter = await read({ ...pair(q), 'bundle_emb.ink.string_to_param.*': [2, 768] });
    expect(adapter).toMatchObject({
      leftOver: [{ reason: 'an embedding bundled with it: not supported yet' }],
      layers: 1,
    });
  });

  test('and when none is left the file is refused by the first of them', async () => {
    await expect(read(shapes([0, 320], [320, 0]))).rejects.toMatchObject({
      kind: 'bad-file',
      message: `ink.safetensors has no layer that can be used; of its only layer, ${broken}: its rank is 0.`,
    });
  });
});

describe('refuses by name', () => {
  const m = 'lora_unet_mid_block_attentions_0_proj_in';
  test.each<[string, Shapes]>([
    ['is a LoHa file: not supported yet.', { [`${m}.hada_w1_a`]: [320, 4], [`${m}.hada_w1_b`]: [4, 320] }],
    ['is a LoKr file: not supported yet.', { [`${m}.lokr_w1`]: [4, 4], [`${m}.lokr_w2`]: [80, 80] }],
    [
      'is a GLoRA file: not supported yet.',
      Object.fromEntries(['a1', 'a2', 'b1', 'b2'].map((slot) => [`${m}.${slot}.weight`, [4, 4]])),
    ],
    ['is an IA3 file: not supported yet.', { [`${m}.weight`]: [320], [`${m}.on_input`]: [] }],
    ['is an OFT file: not supported yet.', { [`oft_unet_mid_block.oft_blocks`]: [4, 80, 80] }],
    ['is a BOFT file: not supported yet.', { [`${m}.oft_blocks`]: [2, 4, 80, 80] }],
    ['is a DoRA file: not supported yet.', { ...pair(m), [`${m}.dora_scale`]: [320, 1] }],
    ['is a DoRA file: not supported yet.', { ...peftPair(peftQ), [`${peftQ}.lora_magnitude_vector`]: [320] }],
    ['is a LoCon with a Tucker core: not supported yet.', { ...pair(m), [`${m}.lora_mid.weight`]: [4, 4, 3, 3] }],
    ['is an AdaLoRA file: not supported yet.', { ...peftPair(peftQ), [`${peftQ}.lora_E`]: [4, 1] }],
    ['is a file of full differences: not supported yet.', { [`${m}.diff`]: [320, 320], [`${m}.diff_b`]: [320] }],
    ['is a file of changed norms: not supported yet.', { [`${m}.w_norm`]: [320], [`${m}.b_norm`]: [320] }],
    ['is a textual inversion embedding: not supported yet.', { emb_params: [5, 768] }],
    ['is a textual inversion embedding: not supported yet.', { clip_l: [2, 768], clip_g: [2, 1280] }],
    ['is a textual inversion embedding: not supported yet.', { '<ink>': [768] }],
    [
      'is a control-LoRA: not supported yet.',
      { lora_controlnet: [], 'input_blocks.1.1.proj_in.up': [320, 4], 'input_blocks.1.1.proj_in.down': [4, 320] },
    ],
    ['is a ControlNet-LLLite file: not supported yet.', { 'lllite_unet_mid.down.0.weight': [4, 4] }],
    ['is an IP-Adapter: not supported yet.', { 'ip_adapter.1.to_k_ip.weight': [4, 4] }],
    [
      'holds LoRA pairs by number, not by name (cloneofsimo’s early format): not supported yet.',
      { 'unet:0:up': [320, 4], 'unet:0:down': [4, 320] },
    ],
    ['is a Uni-LoRA file: not supported yet.', { 'base_model.unilora_theta_d': [23040] }],
    [
      'is an adapter of a language model: not supported yet.',
      peftPair('base_model.model.model.layers.0.self_attn.q_proj'),
    ],
    ['is an adapter of a language model: not supported yet.', { 'base_model.model.h.0.attn.c_attn.ia3_l': [768, 1] }],
  ])('%s', async (sentence, shapes) => {
    const refused = read(shapes);
    await expect(refused).rejects.toMatchObject({ kind: 'unsupported', file, message: `ink.safetensors ${sentence}` });
    await expect(refused).rejects.not.toBeInstanceOf(NotAnAdapterError);
  });

  test.each<[string, Shapes]>([
    ['is a whole checkpoint, not an adapter', { 'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3] }],
    ['is one component of a model, not an adapter', { 'down_blocks.0.resnets.0.conv1.weight': [320, 320, 3, 3] }],
    ['is no adapter: none of its tensors has a name that adapters have.', { ink: [4, 4] }],
    ['is no adapter: none of its tensors has a name that adapters have.', {}],
  ])('what is no adapter at all: %s', async (sentence, shapes) => {
    const refused = read(shapes);
    await expect(refused).rejects.toThrow(`ink.safetensors ${sentence}`);
    await expect(refused).rejects.toBeInstanceOf(NotAnAdapterError);
  });

  test.each([
    [
      'ink.pt',
      Buffer.from('PK\x03\x04...'),
      'ink.pt is a Python pickle: opening one can run code, so it is left closed.',
    ],
    ['ink.bin', Buffer.from('anything'), 'ink.bin is a Python pickle'],
    ['pickle.safetensors', Buffer.from('800295a4', 'hex'), 'pickle.safetensors is a Python pickle'],
    ['ink.gguf', Buffer.from('GGUF\x03\0\0\0'), 'ink.gguf is a GGUF file: not supported yet.'],
    ['page.safetensors', Buffer.from('<!DOCTYPE html><title>Log in'), 'page.safetensors is a web page'],
    ['ink.zip', Buffer.from('PK\x03\x04...'), 'ink.zip is a zip archive: unpack it first.'],
    ['empty.safetensors', Buffer.alloc(0), 'empty.safetensors is no safetensors file: it has only 0 bytes.'],
  ])('%s by its bytes', async (name, bytes, sentence) => {
    const own = path.join(folder, name);
    await writeFile(own, bytes);
    await expect(readAdapter(own)).rejects.toThrow(sentence);
  });

  test('a folder, and what is not there', async () => {
    await expect(readAdapter(folder)).rejects.toMatchObject({ kind: 'bad-input' });
    await expect(readAdapter(path.join(folder, 'gone.safetensors'))).rejects.toMatchObject({
      kind: 'missing-file',
      message: 'gone.safetensors is not there or cannot be read.',
    });
  });

  test('200 MB of metadata, at once', async () => {
    const length = Buffer.alloc(9, '{');
    length.writeBigUInt64LE(200_000_000n);
    await writeFile(file, length);
    await truncate(file, 200_100_000);
    const started = performance.now();
    await expect(readAdapter(file)).rejects.toMatchObject({
      kind: 'bad-file',
      message:
        'ink.safetensors has 200.0 MB of metadata before its tensors; up to 100.0 MB are read. Save it again without them.',
    });
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('a key that stands there twice', async () => {
    await writeZeros(file, pair(q));
    const header = `{"${q}.alpha":{"dtype":"F16","shape":[],"data_offsets":[0,2]},"${q}.alpha":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(2)]));
    await expect(readAdapter(file)).rejects.toThrow(`ink.safetensors is broken: its header names ${q}.alpha twice.`);
  });
});
