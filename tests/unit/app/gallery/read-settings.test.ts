import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AdapterUse, UsedAdapter } from '../../../../app/contracts/adapters.js';
import type { Model } from '../../../../app/contracts/models.js';
import { writeMetadata } from '../../../../app/gallery/picture-metadata.js';
import type { KnownAdapter } from '../../../../app/gallery/known-adapters.js';
import { readSettings, type Known } from '../../../../app/gallery/read-settings.js';
import { modelDefaults } from '../../../../app/library/model-defaults.js';
import { receiptOf } from '../adapter-parts.js';
import { capabilities, description, settings, temporaryFolder, workerInProcess } from '../test-parts.js';

const sha256 = '6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa';
const model: Model = {
  ...description,
  id: 'test-pictures-1',
  sha256,
  embedded: false,
  missing: false,
  defaults: modelDefaults(description),
};
const { samplers, schedules } = capabilities;
const known: Known = { models: [model], samplers, schedules, adapters: [] };

/** An adapter of the shelf whose hashes begin with these digits. */
const shelved = (name: string, digits: string, change: Partial<KnownAdapter> = {}): KnownAdapter => {
  const { hashes } = receiptOf('');
  return {
    ...{ id: `${name}-here`, name, alias: null, missing: false },
    hashes: { ...hashes, sha256: `${digits}ff`.padEnd(64, '0'), tensors: digits.padEnd(64, '0') },
    ...change,
  };
};

/** A PNG with these texts, read. */
async function readTexts(text: { keyword: string; text: string }[], adapters: readonly KnownAdapter[] = []) {
  const worker = workerInProcess();
  const path = join(temporaryFolder(), 'dropped.png');
  const pixels = { rgb: new Uint8Array(3), width: 1, height: 1 };
  await worker.savePicture({ ...pixels, path, overwrite: false, thumbnail: null, text });
  return readSettings(worker, path, { ...known, adapters });
}
const readParameters = (text: string, adapters?: readonly KnownAdapter[]) =>
  readTexts([{ keyword: 'parameters', text }], adapters);

describe('readSettings', () => {
  const receipt = {
    inkstone: '0.1.0',
    onnxruntime: '1.30.0',
    settings: { ...settings, model: 'as-it-was-called-there', prompt: 'a\n b ' },
    model: { name: 'Renamed', family: 'custom', sha256 },
    adapters: [],
    device: 'cpu',
    noise: 'cpu' as const,
    notices: [],
    seconds: { load: 0, denoise: 0, decode: 0, total: 0 },
  };

  test('takes all of a picture of ours, and finds its model by its bytes', async () => {
    expect(await readTexts(writeMetadata(receipt, null))).toEqual({
      source: 'inkstone',
      settings: { ...receipt.settings, model: model.id },
      notices: [],
    });
  });

  test('says which model is not here', async () => {
    const other = { ...receipt, model: { name: 'Unheard of', family: 'sd1', sha256: null } };
    const read = await readTexts(writeMetadata(other, null));
    expect(read?.settings).not.toHaveProperty('model');
    expect(read?.notices).toEqual(['The model Unheard of is not in your library; yours stays.']);
  });

  test("takes A1111's settings and says what it cannot", async () => {
    const read = await readParameters(
      'a cat\nNegative prompt: dog\nSteps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 42, Size: 512x768, ' +
        'Model hash: 6ce0161689, Model: someone-elses-name, Clip skip: 2, Hires upscale: 2, Hires steps: 10, Version: v1.6.0',
    );
    expect(read).toEqual({
      source: 'a1111',
      settings: {
        ...{ prompt: 'a cat', negative: 'dog', steps: 28, cfg: 6.5, seed: 42, width: 512, height: 768, clipSkip: 2 },
        ...{ sampler: 'dpmpp_2m', schedule: 'karras', model: model.id },
      },
      notices: [
        'Its noise came from a graphics card: the same seed draws another picture here.',
        'Not taken over: Hires upscale, Hires steps.',
      ],
    });
  });

  test('leaves out what is no number or out of range', async () => {
    const read = await readParameters('a cat\nSteps: 99999, Sampler: Restart, CFG scale: seven, Seed: -1, RNG: CPU');
    expect(read?.settings).toEqual({ prompt: 'a cat', negative: '' });
    expect(read?.notices).toEqual([
      'Steps 99999 is out of range here and was left out.',
      'CFG scale seven is out of range here and was left out.',
      'Seed -1 is out of range here and was left out.',
      'The sampler Restart is not here yet; yours stays.',
    ]);
  });

  describe('of adapters', () => {
    const flat = shelved('flat-ink', '52e8b0c41d7a');
    const grain = shelved('paper-grain', '0d9b3c5512ef');
    const used = (name: string, digits: string, fromPrompt = false) => ({
      ...{ name, weight: 0.6, textWeight: 0.8, fromPrompt, how: 'live' as const },
      receipt: receiptOf(`${name}.safetensors`, {
        hashes: { ...receiptOf('').hashes, tensors: digits.padEnd(64, '0') },
      }),
    });
    const rowOf = (adapter: string) => ({ adapter, weight: 0.6, textWeight: 0.8 });
    const readOwn = (
      { prompt = '', rows = [], adapters }: { prompt?: string; rows?: AdapterUse[]; adapters: UsedAdapter[] },
      shelf: KnownAdapter[],
    ) =>
      readTexts(
        writeMetadata({ ...receipt, settings: { ...settings, prompt, adapters: rows }, adapters }, null),
        shelf,
      );

    test('finds rows by shelf id, else by their bytes, else by name', async () => {
      const rows = [
        rowOf('flat-ink-here'),
        rowOf('there-1'),
        { ...rowOf('there-0'), weight: 0, textWeight: 0 },
        rowOf('there-2'),
      ];
      const adapters = [
        used('flat-ink', '52e8b0c41d7a'),
        used('grain v1', '0d9b3c5512ef'),
        used('Unhashed', 'abcdabcdabcd'),
      ];
      const read = await readOwn({ rows, adapters }, [flat, grain, shelved('unhashed', '', { hashes: null })]);
      expect(read?.settings.adapters).toEqual([
        rowOf('flat-ink-here'),
        rowOf('paper-grain-here'),
        rowOf('unhashed-here'),
      ]);
      expect(read?.notices).toEqual([]);
    });

    test('leaves out what is not on the shelf, or gone from the disk, and says so', async () => {
      const rows = [rowOf('flat-ink-here'), rowOf('there-1')];
      const adapters = [used('flat-ink', '52e8b0c41d7a'), used('unheard-of', 'abcdabcdabcd')];
      const read = await readOwn({ rows, adapters }, [{ ...flat, missing: true }]);
      expect(read?.settings.adapters).toEqual([]);
      expect(read?.notices).toEqual([
        'The adapter flat-ink is not on your shelf and was left out.',
        'The adapter unheard-of is not on your shelf and was left out.',
      ]);
    });

    test('prefers the same bytes to a file that was replaced, and says when there is only that', async () => {
      const rows = [rowOf('flat-ink-here')];
      const adapters = [used('flat-ink', '0d9b3c5512ef')];
      expect((await readOwn({ rows, adapters }, [flat, grain]))?.settings.adapters).toEqual([
        rowOf('paper-grain-here'),
      ]);
      const read = await readOwn({ rows, adapters }, [flat]);
      expect(read?.settings.adapters).toEqual(rows);
      expect(read?.notices).toEqual([
        'flat-ink on your shelf is another file than the one that this picture was made with.',
      ]);
    });

    test('renames the tags of a picture of ours by the bytes of their adapters', async () => {
      const prompt = 'a <lora:zero:0> cat <lora:old name:0.8:0.6>';
      const adapters = [used('old name', '0d9b3c5512ef', true)];
      const read = await readOwn({ prompt, adapters }, [flat, grain, shelved('zero', '111111111111')]);
      expect(read?.settings).toMatchObject({ prompt: 'a <lora:zero:0> cat <lora:paper-grain:0.8:0.6>', adapters: [] });
      expect(read?.notices).toEqual([
        'The adapter “old name” of the prompt is paper-grain on your shelf: its tag was changed.',
      ]);
    });

    const lastLine = 'Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, RNG: CPU';

    test("leaves A1111's tags in the prompt, under the names that they have here", async () => {
      const read = await readParameters(
        `a cat <lora:flat-ink:0.8>, <lora:Grain, v1:te=0.5> <lora:alias of third>\n${lastLine}, ` +
          'Lora hashes: "flat-ink: 52e8b0c41d7a, Grain v1: 0d9b3c5512ef", Version: v1.10.0',
        [flat, grain, shelved('third', '111111111111', { alias: 'Alias of Third' })],
      );
      expect(read?.settings.prompt).toBe('a cat <lora:flat-ink:0.8>, <lora:paper-grain:te=0.5> <lora:alias of third>');
      expect(read?.settings).not.toHaveProperty('adapters');
      expect(read?.notices).toEqual([
        'The adapter “Grain, v1” of the prompt is paper-grain on your shelf: its tag was changed.',
      ]);
    });

    test("says which of A1111's adapters are not here, are other files, or have no tag", async () => {
      const read = await readParameters(
        `a cat <lora:unheard-of:1> <lora:Flat-Ink:1>\n${lastLine}, ` +
          'Lora hashes: "unheard-of: aaaaaaaaaaaa, Flat-Ink: bbbbbbbbbbbb, hires only: cccccccccccc"',
        [flat],
      );
      expect(read?.settings.prompt).toBe('a cat <lora:unheard-of:1> <lora:Flat-Ink:1>');
      expect(read?.notices).toEqual([
        'There is no adapter named “unheard-of” on your shelf: add its file, or take its tag out of the prompt.',
        'flat-ink on your shelf is another file than the one that this picture was made with.',
        'It was also made with hires only, at strengths that its prompt does not tell.',
      ]);
    });

    test('knows the first ten digits of a whole file too, as Civitai writes them', async () => {
      const read = await readParameters(`<lora:x:1>\n${lastLine}, Lora hashes: "x: 52E8B0C41D7Aff"`, [
        {
          ...flat,
          hashes: { ...receiptOf('').hashes, sha256: '52e8b0c41d7aff'.padEnd(64, '1'), tensors: '0'.repeat(64) },
        },
      ]);
      expect(read?.settings.prompt).toBe('<lora:flat-ink:1>');
    });

    test('takes no harm from hashes that are none', async () => {
      const read = await readParameters(`<lora:flat-ink:1>\n${lastLine}, Lora hashes: "flat-ink, : , x:y, ,"`, [flat]);
      expect(read?.settings.prompt).toBe('<lora:flat-ink:1>');
      expect(read?.notices).toEqual([]);
    });
  });

  test('gives null for a picture with no settings', async () => {
    expect(await readTexts([{ keyword: 'Software', text: 'a camera' }])).toBeNull();
    expect(await readParameters('{"sui_image_params": {}}')).toBeNull();
  });

  test('refuses a file that is no picture', async () => {
    await expect(readSettings(workerInProcess(), __filename, known)).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
