/**
 * Whole pictures of each family against diffusers 0.42.1 (goldens: `make_families.py`): tiny models with seeded weights,
 * from given noise. Tolerances as in `pictures.test.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTextToImage } from '../../native-models/pipelines/load-text-to-image.js';
import { floats } from '../../native-models/runtime/tensor.js';
import { readDiffusersFolder } from '../../native-models/weight-formats/diffusers-folder.js';
import { writeFamilyModel, type FamilyGolden } from './family-model.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import { pixels, psnr } from './picture-difference.js';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'families-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(goldenNames('families'))('%s', (name) => {
  const golden = readGolden<FamilyGolden>('families', name);
  const { settings } = golden.description;

  it('makes the picture of its diffusers pipeline', async () => {
    const model = await readDiffusersFolder(await writeFamilyModel(golden.description, scratch));
    expect(model.family).toBe(name.split('-')[0]);
    const pictures = await loadTextToImage(model, 'cpu');
    try {
      const given = golden.tensor('latents');
      const latents = floats(given.shape.slice(1), golden.floats('latents'));
      const samples: Float32Array[] = [];
      const { rgb, notices } = await pictures.generate(settings, {
        noise: { latents, steps: new Map() },
        onStep: ({ checkpoint }) => void samples.push(checkpoint.latents.data),
      });
      expect(notices).toEqual([]);
      expect(samples).toHaveLength(settings.steps);
      for (const [step, sample] of samples.entries()) {
        const difference = relativeDifference(sample, golden.floats(`sample.${step}`));
        expect(difference, `latents after step ${step}`).toBeLessThan(2e-3);
      }
      expect(psnr(rgb, pixels(golden.tensor('image_u8').data))).toBeGreaterThan(45);
    } finally {
      await pictures.release();
    }
  });
});
