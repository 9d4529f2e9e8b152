import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Model } from '../../../../app/contracts/models.js';
import { writeMetadata } from '../../../../app/gallery/picture-metadata.js';
import { readSettings } from '../../../../app/gallery/read-settings.js';
import { modelDefaults } from '../../../../app/library/model-defaults.js';
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
const known = { models: [model], samplers: capabilities.samplers, schedules: capabilities.schedules };

/** A PNG with these texts, read. */
async function readTexts(text: { keyword: string; text: string }[]) {
  const worker = workerInProcess();
  const path = join(temporaryFolder(), 'dropped.png');
  const pixels = { rgb: new Uint8Array(3), width: 1, height: 1 };
  await worker.savePicture({ ...pixels, path, overwrite: false, thumbnail: null, text });
  return readSettings(worker, path, known);
}
const readParameters = (text: string) => readTexts([{ keyword: 'parameters', text }]);

describe('readSettings', () => {
  const receipt = {
    inkstone: '0.1.0',
    onnxruntime: '1.30.0',
    settings: { ...settings, model: 'as-it-was-called-there', prompt: 'a\n b ' },
    model: { name: 'Renamed', family: 'custom', sha256 },
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

  test('gives null for a picture with no settings', async () => {
    expect(await readTexts([{ keyword: 'Software', text: 'a camera' }])).toBeNull();
    expect(await readParameters('{"sui_image_params": {}}')).toBeNull();
  });

  test('refuses a file that is no picture', async () => {
    await expect(readSettings(workerInProcess(), __filename, known)).rejects.toMatchObject({ kind: 'bad-file' });
  });
});
