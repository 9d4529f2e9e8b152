import { assert, property, string } from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UsedAdapter } from '../../../../app/contracts/adapters.js';
import type { PictureReceipt } from '../../../../app/contracts/gallery.js';
import { readA1111Parameters } from '../../../../app/gallery/a1111-parameters.js';
import { readOwnMetadata, readParametersText, writeMetadata } from '../../../../app/gallery/picture-metadata.js';
import { receiptOf } from '../adapter-parts.js';
import { settings, temporaryFolder, workerInProcess } from '../test-parts.js';

const receipt: PictureReceipt = {
  inkstone: '0.1.0',
  onnxruntime: '1.30.0',
  settings,
  model: { name: 'Inkstone pictures', family: 'custom', sha256: null },
  adapters: [],
  device: 'cpu',
  noise: 'cpu',
  notices: [],
  seconds: { load: 1, denoise: 2, decode: 3, total: 6 },
};
const entry = { id: 'b3c1a1f0-0000-4000-8000-000000000000', createdAt: 1_795_000_000_000 };

describe('writeMetadata and readOwnMetadata', () => {
  test('bring back any prompt exactly, through a real PNG', async () => {
    const worker = workerInProcess();
    const path = join(temporaryFolder(), 'a.png');
    const prompt = ' two\n\nlines , "quotes"\t\\n Steps: 20, Sampler: Euler, Seed: 3\nNegative prompt: no ❤️ 赤 ';
    const made = { ...receipt, settings: { ...settings, prompt, negative: prompt } };
    const text = writeMetadata(made, entry);
    const pixels = { rgb: new Uint8Array(3), width: 1, height: 1 };
    await worker.savePicture({ ...pixels, path, overwrite: false, thumbnail: null, text });
    const file = await worker.readPicture({ path });
    expect(readOwnMetadata(file.text)).toEqual({ ...made, picture: entry });
    expect(readParametersText(file.text)).toBe(text[0]?.text);
  });

  test('keep the adapters and their receipts, but not the folders of the maker', () => {
    const used: UsedAdapter = {
      ...{ name: 'flat-ink', weight: 0.6, textWeight: 0.8, fromPrompt: false, how: 'live' },
      receipt: receiptOf('/home/ada/loras/flat-ink.safetensors'),
    };
    const adapters = [{ adapter: 'flat-ink-1', weight: 0.6, textWeight: 0.8 }];
    const made = { ...receipt, settings: { ...settings, adapters }, adapters: [used] };
    const [parameters, own] = writeMetadata(made, entry);
    expect(own?.text).not.toContain('/home/ada');
    expect(readOwnMetadata([own ?? { keyword: '', text: '' }])).toEqual({
      ...made,
      adapters: [{ ...used, receipt: { ...used.receipt, file: 'flat-ink.safetensors' } }],
      picture: entry,
    });
    expect(parameters?.text).toMatch(/^a red heart <lora:flat-ink:0\.8:0\.6>\nSteps/);
    expect(parameters?.text).toContain(`, Lora hashes: "flat-ink: ${used.receipt.hashes.autov3}", Version`);
  });

  test('read pictures that were made before there were adapters', () => {
    const { adapters: _adapters, settings: before, ...older } = receipt;
    const { adapters: _rows, ...rest } = before;
    const text = JSON.stringify({ ...older, settings: rest, picture: entry });
    expect(readOwnMetadata([{ keyword: 'inkstone', text }])).toEqual({ ...receipt, picture: entry });
  });

  test('hold for any text there is, and the parameters stay readable', () => {
    assert(
      property(string({ unit: 'grapheme' }), string({ unit: 'binary' }), (prompt, negative) => {
        const made = { ...receipt, settings: { ...settings, prompt, negative } };
        const chunks = writeMetadata(made, null);
        expect(readOwnMetadata(chunks)).toEqual({ ...made, picture: null });
        expect(readA1111Parameters(`.${readParametersText(chunks)}`)?.values.get('Seed')).toBe('7');
      }),
    );
  });

  test.each([
    ['nothing', []],
    ['no JSON', [{ keyword: 'inkstone', text: '{' }]],
    ['JSON of another form', [{ keyword: 'inkstone', text: '{"settings": 3}' }]],
    ['another keyword', [{ keyword: 'prompt', text: JSON.stringify({ ...receipt, picture: entry }) }]],
    [
      'an id that is a path',
      [{ keyword: 'inkstone', text: JSON.stringify({ ...receipt, picture: { ...entry, id: '../../evil' } }) }],
    ],
    [
      'steps out of range',
      [
        {
          keyword: 'inkstone',
          text: JSON.stringify({ ...receipt, picture: entry, settings: { ...settings, steps: -1 } }),
        },
      ],
    ],
  ])('refuse %s', (_name, chunks) => {
    expect(readOwnMetadata(chunks)).toBeNull();
  });

  test('read what a newer version wrote, without the fields they do not know', () => {
    const newer = { ...receipt, picture: entry, upscaler: { name: 'x' } };
    expect(readOwnMetadata([{ keyword: 'inkstone', text: JSON.stringify(newer) }])).toEqual({
      ...receipt,
      picture: entry,
    });
  });
});
