/**
 * Checkpoints in single files against diffusers 0.42.1 `from_single_file` (goldens: `make_single_file.py`), and against the
 * same weights in a folder. Tolerances as in `pictures.test.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTextToImage } from '../../native-models/pipelines/load-text-to-image.js';
import { floats } from '../../native-models/runtime/tensor.js';
import { readPictureModel } from '../../native-models/weight-formats/read-picture-model.js';
import { goldenNames, relativeDifference } from './golden.js';
import { pixels, psnr } from './picture-difference.js';
import { MERGES, singleFileGolden, writeCheckpoint, writeSingleFileFolder } from './single-file-model.js';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'single-file-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(goldenNames('single-file'))('%s', (name) => {
  const golden = singleFileGolden(name);
  const { description } = golden;

  /** Latents after each step, and the picture. */
  async function made(place: string) {
    const model = await readPictureModel(place);
    expect(model.family).toBe(name);
    const pictures = await loadTextToImage(model, 'cpu', { openAIMerges: MERGES });
    try {
      const latents = floats(golden.tensor('latents').shape.slice(1), golden.floats('latents'));
      const samples: Float32Array[] = [];
      const { rgb, notices } = await pictures.generate(description.settings, {
        noise: { latents, steps: new Map() },
        onStep: ({ checkpoint }) => void samples.push(checkpoint.latents.data),
      });
      expect(notices).toEqual([]);
      return { samples, rgb };
    } finally {
      await pictures.release();
    }
  }

  it('makes the picture that diffusers makes of the file, and that of its folder', async () => {
    const one = await made(await writeCheckpoint(description, path.join(scratch, `${name}.safetensors`)));
    expect(one.samples).toHaveLength(description.settings.steps);
    for (const [step, sample] of one.samples.entries()) {
      const difference = relativeDifference(sample, golden.floats(`sample.${step}`));
      expect(difference, `latents after step ${step}`).toBeLessThan(2e-3);
    }
    expect(psnr(one.rgb, pixels(golden.tensor('image_u8').data))).toBeGreaterThan(45);

    const folder = await made(await writeSingleFileFolder(description, scratch));
    if (name === 'sdxl') {
      // OpenCLIP's projection is stored the other way round, and that product adds up in another order.
      for (const [step, sample] of one.samples.entries()) {
        expect(relativeDifference(sample, folder.samples[step]!)).toBeLessThan(1e-5);
      }
      expect(psnr(one.rgb, folder.rgb)).toBeGreaterThan(60);
    } else expect(one).toEqual(folder);
    // A checkpoint of torch says nothing about velocity, but by its name.
    const named = path.join(scratch, `${name}${name === 'sd2' ? '-vpred' : ''}.ckpt`);
    expect(await made(await writeCheckpoint(description, named))).toEqual(one);
  });
});
