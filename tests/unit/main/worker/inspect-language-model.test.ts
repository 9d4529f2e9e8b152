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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { floats } from '../../../../native-models/runtime/tensor.js';
import { writeSafetensors } from '../../../../native-models/weight-formats/write-safetensors.js';
import { gguf } from '../../native-models/weight-formats/gguf/gguf-files.js';

const storyteller = fileURLToPath(new URL('../../../../native-models/embedded/storyteller', import.meta.url));
const goldens = fileURLToPath(new URL('../../../parity/goldens/gguf', import.meta.url));

let folder: string;
let model: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-inspect-')));
  model = join(folder, 'model');
});
afterEach(() => rmSync(folder, { recursive: true }));

const inspect = (path: string, checkFinite = false) => inspectModel({ path, checkFinite });
const copyStoryteller = () => cpSync(storyteller, model, { recursive: true });
const edit = (file: string, change: object) => {
  const json = JSON.parse(readFileSync(join(model, file), 'utf8')) as object;
  writeFileSync(join(model, file), JSON.stringify({ ...json, ...change }));
};

describe('inspecting a language model', () => {
  test('in a folder tells what it is', async () => {
    await expect(inspect(storyteller, true)).resolves.toMatchObject({
      name: 'Inkstone storyteller',
      kind: 'language',
      family: 'llama',
      prediction: null,
      inChannels: null,
      format: 'safetensors',
      dtype: 'F32',
      bytes: 1_044_992,
      language: { contextLength: 512, chats: false },
      hashedFile: expect.stringMatching(/model\.safetensors$/) as string,
      notices: [],
    });
  });

  test.each([
    ['llama-k-quants', 'llama', 'Q4_K'],
    ['qwen2-q4_0', 'qwen2', 'Q4_0'],
    ['qwen3-q5_0', 'qwen3', 'Q5_0'],
  ])('in the GGUF file %s tells family and number format', async (name, family, dtype) => {
    const file = join(goldens, `${name}.gguf`);
    const description = await inspect(file);
    expect(description).toMatchObject({ name, kind: 'language', family, format: 'gguf', dtype, hashedFile: file });
    expect(description.language?.contextLength).toBe(64);
    expect(description.bytes).toBe(readFileSync(file).length);
  });

  test('in a GGUF file reads the card beside it, and knows it by its first bytes', async () => {
    cpSync(join(goldens, 'llama-f16.gguf'), join(folder, 'blob'));
    await expect(inspect(join(folder, 'blob'))).resolves.toMatchObject({ name: 'blob', format: 'gguf' });
    writeFileSync(join(folder, 'blob.inkstone.json'), '{"name": "A name of its own"}');
    await expect(inspect(join(folder, 'blob'))).resolves.toMatchObject({ name: 'A name of its own' });
  });

  test('in Hugging Face’s cache is called what it is called there', async () => {
    model = join(folder, 'models--someone--Story-1M', 'snapshots', '0123456789abcdef0123456789abcdef01234567');
    copyStoryteller();
    rmSync(join(model, 'inkstone.json'));
    await expect(inspect(model)).resolves.toMatchObject({ name: 'Story-1M', card: null });
  });

  test('with a template says that it chats, and without a tokenizer that it cannot', async () => {
    copyStoryteller();
    writeFileSync(join(model, 'chat_template.jinja'), '{% for m in messages %}{{ m.content }}{% endfor %}');
    await expect(inspect(model)).resolves.toMatchObject({ language: { chats: true }, notices: [] });
    rmSync(join(model, 'tokenizer.json'));
    await expect(inspect(model)).resolves.toMatchObject({ notices: [expect.stringContaining('no tokenizer.json')] });
  });
});

describe('refused in one sentence is', () => {
  const refusal = async (path: string, checkFinite = false) =>
    inspect(path, checkFinite).then(
      () => null,
      (error: unknown) => error,
    );

  test('a model of another architecture, by its name', async () => {
    copyStoryteller();
    edit('config.json', { model_type: 'mamba', architectures: ['MambaForCausalLM'] });
    expect(await refusal(model)).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('this is a mamba model, which is not supported yet') as string,
    });
  });

  test('a folder whose config and weights are of different models', async () => {
    copyStoryteller();
    edit('config.json', { num_hidden_layers: 4 });
    expect(await refusal(model)).toMatchObject({ kind: 'unfit-model' });
    edit('config.json', { num_hidden_layers: 5, hidden_size: 128 });
    expect(await refusal(model)).toMatchObject({ kind: 'unfit-model' });
  });

  test('no folder whose weights hold what is no number: the engine reads them when it opens them', async () => {
    copyStoryteller();
    const weights = join(model, 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes.writeUInt32LE(0x7fc00000, 8 + Number(bytes.readBigUInt64LE()));
    writeFileSync(weights, bytes);
    expect(await refusal(model)).toBeNull();
    expect(await refusal(model, true)).toBeNull();
  });

  test('a GGUF file of another architecture, by its name', async () => {
    const file = join(folder, 'state.gguf');
    writeFileSync(file, gguf({ pairs: { 'general.architecture': { text: 'mamba' } } }));
    expect(await refusal(file)).toMatchObject({
      kind: 'unsupported',
      file,
      message: expect.stringContaining('this is a mamba model, which is not supported yet') as string,
    });
  });

  test('a GGUF file that holds an adapter', async () => {
    const file = join(folder, 'lora.gguf');
    writeFileSync(file, gguf({ pairs: { 'general.type': { text: 'adapter' } } }));
    expect(await refusal(file)).toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(/adapter/) as string,
    });
  });

  test('a GGUF file that is cut short, and one that is none', async () => {
    const file = join(folder, 'short.gguf');
    cpSync(join(goldens, 'llama-f16.gguf'), file);
    truncateSync(file, 30_000);
    expect(await refusal(file)).toMatchObject({ kind: 'bad-file', file });
    writeFileSync(file, 'these are thirty words that are no model at all');
    expect(await refusal(file)).toMatchObject({ kind: 'bad-file', file });
  });

  test('weights alone, which belong beside their config', async () => {
    mkdirSync(model);
    const file = join(model, 'model.safetensors');
    await writeSafetensors(file, { 'model.layers.0.mlp.up_proj.weight': floats([1]) });
    expect(await refusal(file)).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('language model: open its folder') as string,
    });
  });
});
