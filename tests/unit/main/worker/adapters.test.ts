import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { adapterDescription, adapterReceipt } from '../../../../app/contracts/adapters.js';
import { describeAdapters } from '../../../../main/worker/describe-adapters.js';
import { fitAdapters } from '../../../../main/worker/fit-adapters.js';
import { hashAdapter } from '../../../../main/worker/hash-adapter.js';
import { inspectAdapter } from '../../../../main/worker/inspect-adapter.js';
import { inspectModel } from '../../../../main/worker/inspect-model.js';
import { makeAdapterPreview } from '../../../../main/worker/make-adapter-preview.js';
import { readPicture } from '../../../../main/worker/read-picture.js';
import { scanAdapterFolder } from '../../../../main/worker/scan-adapter-folder.js';
import { fileIdentity } from '../../../../app/storage/file-identity.js';
import { writeZeros } from '../../native-models/adapters/adapter-files.js';

vi.setConfig({ testTimeout: 30_000 });

const embedded = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));
/** A layer of the embedded model, and one of its text encoder. */
const layer = 'lora_unet_mid_block_attentions_0_proj_in';
const textLayer = 'lora_te_text_model_encoder_layers_0_self_attn_q_proj';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-adapters-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pair = (module: string, wide: number, high: number) => ({
  [`${module}.lora_down.weight`]: [2, wide],
  [`${module}.lora_up.weight`]: [high, 2],
  [`${module}.alpha`]: [],
});
const write = (name: string, shapes: Record<string, readonly number[]>, metadata: Record<string, string> = {}) =>
  writeZeros(join(folder, name), shapes, metadata);
const describeOne = async (path: string) => {
  const [description] = await describeAdapters({ paths: [path] });
  return adapterDescription.parse(description);
};
const never = new AbortController().signal;
/** What people know a file by, without what else its whole tells. */
const hashOf = async (path: string) => {
  const { damaged: _damaged, ...hashes } = await hashAdapter({ path }, { signal: never, progress: () => undefined });
  return hashes;
};

describe('describing adapters', () => {
  test('tells what header and metadata say', async () => {
    const path = await write(
      'ink.safetensors',
      { ...pair(layer, 192, 192), ...pair(textLayer, 192, 192) },
      {
        ss_output_name: 'ink v2',
        'modelspec.trigger_phrase': 'ink wash',
      },
    );
    expect(await describeOne(path)).toMatchObject({
      path,
      bytes: statSync(path).size,
      isAdapter: true,
      problem: null,
      dialect: 'kohya',
      algorithm: 'lora',
      base: 'unknown',
      rank: [2, 2],
      alpha: [0, 0],
      total: 2,
      hasText: true,
      signature: expect.stringMatching(/^[\da-f]{64}$/),
      alias: 'ink v2',
      triggerWords: [{ text: 'ink wash', source: 'metadata' }],
      sidecar: { title: null, description: null, notes: null, baseModel: null, tags: [], preferredWeight: null },
      preview: null,
    });
  });

  test('files of the same layers have the same signature, whatever their rank', async () => {
    const one = await describeOne(await write('one.safetensors', pair(layer, 192, 192)));
    const shapes = { [`${layer}.lora_up.weight`]: [192, 8], [`${layer}.lora_down.weight`]: [8, 192] };
    const two = await describeOne(await write('two.safetensors', shapes));
    const other = await describeOne(await write('other.safetensors', pair(layer, 192, 128)));
    expect(two.signature).toBe(one.signature);
    expect(other.signature).not.toBe(one.signature);
  });

  test('reads what stands beside, as plain text, the person’s own words first', async () => {
    const path = await write('<b>ink<img src=x>.safetensors', pair(layer, 192, 192));
    const beside = (ending: string, json: unknown) =>
      writeFileSync(join(folder, `<b>ink<img src=x>${ending}`), typeof json === 'string' ? json : JSON.stringify(json));
    beside('.civitai.info', {
      name: 'v1',
      model: { name: 'Ink <i>wash</i>', tags: ['style', '<b>ink</b>'] },
      description: '<p>Made of <script>alert(1)</script>ink &amp; water.</p>',
      trainedWords: ['ink wash', 'INKWASH'],
      baseModel: 'SD 1.5',
    });
    beside('.json', {
      description: 'Mine: <lora:ink:1> <img src=x onerror=alert(1)>',
      notes: 'soft <b>at</b> 0.6',
      'activation text': 'inkwash',
      'preferred weight': 0.6,
      'sd version': 'SD1',
    });
    beside('.preview.png', 'a picture');
    expect(await describeOne(path)).toMatchObject({
      sidecar: {
        title: 'Ink wash · v1',
        description: 'Mine: <lora:ink:1>',
        notes: 'soft at 0.6',
        baseModel: 'SD1',
        tags: ['style', 'ink'],
        preferredWeight: 0.6,
      },
      triggerWords: [
        { text: 'inkwash', source: 'sidecar file' },
        { text: 'ink wash', source: 'sidecar file' },
      ],
      preview: { from: 'file', path: join(folder, '<b>ink<img src=x>.preview.png') },
    });
  });

  test('reads LoRA Manager’s file', async () => {
    const path = await write('ink.safetensors', pair(layer, 192, 192));
    const json = {
      model_name: 'Ink',
      base_model: 'SDXL 1.0',
      tags: ['style'],
      modelDescription: '<p>Long</p>',
      notes: '',
      usage_tips: '{"strength":0.75}',
      civitai: { trainedWords: ['ink'] },
    };
    writeFileSync(join(folder, 'ink.metadata.json'), JSON.stringify(json));
    expect(await describeOne(path)).toMatchObject({
      sidecar: { title: 'Ink', description: 'Long', notes: null, baseModel: 'SDXL 1.0', preferredWeight: 0.75 },
      triggerWords: [{ text: 'ink', source: 'sidecar file' }],
    });
  });

  test.each([
    ['broken', '{"description":'],
    ['a list', '[]'],
    ['of wrong types', '{"description":7,"notes":[],"preferred weight":"much","activation text":null}'],
    ['too large', `{"description":"${'x'.repeat(3_000_000)}"}`],
  ])('a file beside it that is %s does not hide it', async (_what, json) => {
    const path = await write('ink.safetensors', pair(layer, 192, 192));
    writeFileSync(join(folder, 'ink.json'), json);
    mkdirSync(join(folder, 'ink.civitai.info'));
    expect(await describeOne(path)).toMatchObject({
      problem: null,
      sidecar: { description: null, notes: null, preferredWeight: null },
      triggerWords: [],
    });
  });

  test('a file that cannot be used says why in one sentence, and keeps its words', async () => {
    const path = await write(
      'falcon.safetensors',
      { [`${layer}.lokr_w1`]: [4, 4], [`${layer}.lokr_w2`]: [4, 4] },
      { ss_output_name: 'falcon', 'modelspec.trigger_phrase': 'falcon' },
    );
    writeFileSync(join(folder, 'broken.safetensors'), 'abc');
    const descriptions = await describeAdapters({ paths: [path, join(folder, 'broken.safetensors')] });
    expect(descriptions).toMatchObject([
      {
        isAdapter: true,
        problem: 'falcon.safetensors is a LoKr file: not supported yet.',
        alias: 'falcon',
        triggerWords: [{ text: 'falcon' }],
        rank: null,
      },
      { isAdapter: false, problem: expect.stringContaining('broken.safetensors is no safetensors file') },
    ]);
  });

  test('what is surely something else says that too', async () => {
    const path = join(embedded, 'unet', 'diffusion_pytorch_model.safetensors');
    expect(await describeOne(path)).toMatchObject({ isAdapter: false, problem: expect.stringContaining('component') });
  });

  test('only a missing one throws', async () => {
    const path = join(folder, 'gone.safetensors');
    await expect(describeAdapters({ paths: [path] })).rejects.toMatchObject({ kind: 'missing-file', file: path });
  });
});

describe('fitting adapters to a model', () => {
  test('tells each file’s state in their order, and null for what cannot be read', async () => {
    const nowhere = pair('lora_unet_nowhere', 8, 8);
    const paths = [
      await write('fits.safetensors', pair(layer, 192, 192)),
      await write('partial.safetensors', { ...pair(layer, 192, 192), ...nowhere }),
      await write('other.safetensors', nowhere),
      await write('text.safetensors', {
        ...pair(layer, 192, 192),
        ...pair('lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k', 768, 192),
      }),
      join(folder, 'gone.safetensors'),
    ];
    const unet = await inspectModel({ path: embedded, checkFinite: false });
    expect(unet.family).toBe('sd1');
    await expect(fitAdapters({ paths, modelPath: embedded })).resolves.toEqual([
      { state: 'fits', matched: 1, total: 1 },
      { state: 'partial', matched: 1, total: 2 },
      { state: 'other', matched: 0, total: 1 },
      { state: 'other', matched: 1, total: 2 },
      null,
    ]);
  });

  test('takes a component’s own folder too', async () => {
    const paths = [await write('ink.safetensors', { ...pair(layer, 192, 192), ...pair(textLayer, 192, 192) })];
    for (const component of ['unet', 'text_encoder']) {
      const modelPath = join(embedded, component);
      await expect(fitAdapters({ paths, modelPath })).resolves.toEqual([{ state: 'partial', matched: 1, total: 2 }]);
    }
    await expect(fitAdapters({ paths, modelPath: join(embedded, 'vae') })).rejects.toMatchObject({
      kind: 'unfit-model',
    });
  });
});

describe('reading an adapter whole', () => {
  const hash = (path: string) => hashAdapter({ path }, { signal: never, progress: () => undefined });

  test('tells values that are no numbers, by the file and the tensor', async () => {
    const path = await write('dark.safetensors', pair(layer, 192, 192));
    expect(await hash(path)).toMatchObject({ damaged: null });
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.of(0, 0x7e), 0, 2, statSync(path).size - 4); // a NaN as half, in `up`
    closeSync(file);
    expect(await hash(path)).toMatchObject({
      damaged: `dark.safetensors holds values that are no numbers (in ${layer}.lora_up.weight): the file is damaged.`,
    });
  });

  test('has the hashes of a file whose header is broken too', async () => {
    const path = join(folder, 'broken.safetensors');
    writeFileSync(path, 'these are no weights');
    expect(await hash(path)).toMatchObject({ damaged: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe('inspecting an adapter', () => {
  test('gives the whole receipt, with the words of files beside it', async () => {
    const path = await write('ink.safetensors', pair(layer, 192, 192), { 'modelspec.trigger_phrase': 'wash' });
    writeFileSync(join(folder, 'ink.json'), JSON.stringify({ 'activation text': 'ink' }));
    const receipt = await inspectAdapter({ path, modelPath: embedded }, { signal: never });
    expect(adapterReceipt.parse(receipt)).toMatchObject({
      file: path,
      matched: 1,
      total: 1,
      fits: true,
      triggerWords: [
        { text: 'ink', source: 'sidecar file' },
        { text: 'wash', source: 'metadata' },
      ],
      hashes: await hashOf(path),
      blocks: [{ name: 'Middle', matched: 1, total: 1, norm: 0 }],
    });
    const alone = await inspectAdapter({ path, modelPath: null }, { signal: never });
    expect(alone).toMatchObject({ matched: null, fits: null, total: 1 });
  });

  test('refuses what is no adapter, naming it', async () => {
    const path = await write('words.safetensors', { emb_params: [2, 768] });
    await expect(inspectAdapter({ path, modelPath: null }, { signal: never })).rejects.toMatchObject({
      kind: 'unsupported',
      message: 'words.safetensors is a textual inversion embedding: not supported yet.',
    });
  });
});

describe('the picture in a file’s own metadata', () => {
  const thumbnail = async (type = 'png') => {
    const red = { create: { width: 600, height: 300, channels: 3, background: 'red' } } as const;
    return `data:image/${type};base64,${(await sharp(red).png().toBuffer()).toString('base64')}`;
  };

  test('is told and made a thumbnail of', async () => {
    const path = await write('ink.safetensors', pair(layer, 192, 192), { 'modelspec.thumbnail': await thumbnail() });
    expect(await describeOne(path)).toMatchObject({ preview: { from: 'metadata' } });
    const out = join(folder, 'ink.webp');
    await makeAdapterPreview({ path, out, side: 256 });
    await expect(readPicture({ path: out })).resolves.toMatchObject({ format: 'webp', width: 256, height: 128 });
  });

  test.each([
    ['another kind', () => thumbnail('svg+xml')],
    ['a link', () => 'https://example.com/ink.png'],
    ['no picture', () => 'data:image/png;base64,AAAA'],
    ['larger than any thumbnail', () => `data:image/png;base64,${'A'.repeat(9_000_000)}`],
  ])('is refused when it is %s', async (_what, url) => {
    const path = await write('ink.safetensors', pair(layer, 192, 192), { 'modelspec.thumbnail': await url() });
    const out = join(folder, 'ink.webp');
    await expect(makeAdapterPreview({ path, out, side: 256 })).rejects.toMatchObject({ kind: 'bad-file', file: path });
    expect(readdirSync(folder)).toEqual(['ink.safetensors']);
  });
});

describe('scanning a folder', () => {
  test('finds every adapter below it once, with what tells that it or a file beside it changed', async () => {
    const path = await write('ink.safetensors', pair(layer, 192, 192));
    mkdirSync(join(folder, 'styles', '.hidden'), { recursive: true });
    const inner = await write('styles/wash.SAFETENSORS', pair(layer, 192, 192));
    for (const name of ['._ink.safetensors', 'ink.pt', 'other.json', 'styles/.hidden/x.safetensors'])
      writeFileSync(join(folder, name), '');
    symlinkSync(folder, join(folder, 'styles', 'up'));
    const [first, second, ...more] = await scanAdapterFolder({ folder });
    expect(more).toEqual([]);
    expect(first).toEqual({ path, identity: await fileIdentity(path) });
    expect(second?.path).toBe(inner);

    writeFileSync(join(folder, 'ink.json'), '{}');
    const [again] = await scanAdapterFolder({ folder });
    const beside = await fileIdentity(join(folder, 'ink.json'));
    expect(again?.identity).toBe(`${await fileIdentity(path)}|${beside}`);
  });

  test('takes one file, whatever its ending', async () => {
    const path = join(folder, 'ink.pt');
    writeFileSync(path, 'x');
    await expect(scanAdapterFolder({ folder: path })).resolves.toEqual([{ path, identity: await fileIdentity(path) }]);
  });

  test('names a folder that is gone', async () => {
    const gone = join(folder, 'gone');
    await expect(scanAdapterFolder({ folder: gone })).rejects.toMatchObject({ kind: 'missing-file', file: gone });
  });
});

test('an adapter given to the models is told where it belongs', async () => {
  const path = await write('ink.safetensors', pair(layer, 192, 192));
  await expect(inspectModel({ path, checkFinite: false })).rejects.toMatchObject({
    kind: 'unsupported',
    message: `${basename(path)} is a LoRA, not a model: drop it on the Adapters panel, or use --lora.`,
  });
});
