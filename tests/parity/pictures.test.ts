/**
 * Whole pictures of the embedded model against diffusers 0.42.1 (goldens: `make_pictures.py`): with the same initial
 * latents and step noise, and from the seed alone. 45 dB (design section 5) is a difference that no eye finds;
 * float32 sums in another order leave 60 and more. That every sampler has a picture is asked in `schedulers.test.ts`.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTextToImage, type LoadedTextToImage } from '../../native-models/pipelines/load-text-to-image.js';
import type { GivenNoise, TextToImageSettings } from '../../native-models/pipelines/text-to-image.js';
import { floats } from '../../native-models/runtime/tensor.js';
import { readDiffusersFolder } from '../../native-models/weight-formats/diffusers-folder.js';
import { readTensors } from '../../native-models/weight-formats/read-tensors.js';
import { goldenNames, readGolden, relativeDifference } from './golden.js';
import { pixels, psnr } from './picture-difference.js';

interface PictureGolden {
  readonly settings: Omit<TextToImageSettings, 'clipSkip' | 'seed'> & { readonly seed: number; readonly count: number };
  readonly latentsFile: string;
  readonly stepNoise: readonly number[];
  readonly timesteps: readonly number[];
}

const MODEL = fileURLToPath(new URL('../../native-models/embedded/pictures', import.meta.url));
const GOLDENS = fileURLToPath(new URL('./goldens/pictures/', import.meta.url));

let pictures: LoadedTextToImage;
beforeAll(async () => {
  pictures = await loadTextToImage(await readDiffusersFolder(MODEL), 'cpu');
});
afterAll(() => pictures.release());

describe.each(goldenNames('pictures'))('%s', (name) => {
  const golden = readGolden<PictureGolden>('pictures', name);
  const { settings, latentsFile, stepNoise, timesteps } = golden.description;
  const settingsOf = (picture: number): TextToImageSettings => ({
    ...settings,
    seed: settings.seed + picture,
    clipSkip: 1,
  });

  for (let picture = 0; picture < settings.count; picture++) {
    it(`picture ${picture}: given latents make the same picture`, async () => {
      const noise = await givenNoise(GOLDENS + latentsFile, stepNoise, picture);
      const samples: Float32Array[] = [];
      const result = await pictures.generate(settingsOf(picture), {
        noise,
        onStep: ({ checkpoint }) => void samples.push(checkpoint.latents.data),
      });
      expect([result.width, result.height]).toEqual([settings.width, settings.height]);
      expect(samples).toHaveLength(timesteps.length);
      samples.forEach((sample, step) => {
        const expected = part(golden.floats(`sample.${step}`), picture, settings.count);
        expect(relativeDifference(sample, expected), `latents after step ${step}`).toBeLessThan(2e-3);
      });
      expect(psnr(result.rgb, pixels(golden.tensor('image_u8').data, picture, settings.count))).toBeGreaterThan(45);
    });

    it(`picture ${picture}: its seed alone makes the same picture`, async () => {
      const { rgb } = await pictures.generate(settingsOf(picture));
      expect(psnr(rgb, pixels(golden.tensor('image_u8').data, picture, settings.count))).toBeGreaterThan(45);
    });
  }
});

async function givenNoise(file: string, steps: readonly number[], picture: number): Promise<GivenNoise> {
  const tensors = await readTensors(file);
  const one = (name: string): Float32Array => {
    const tensor = tensors[name];
    if (tensor?.dtype !== 'float32') throw new Error(`${file} has no ${name}`);
    return part(tensor.data, picture, tensor.shape[0]!);
  };
  return {
    latents: floats(tensors['latents']!.shape.slice(1), one('latents')),
    steps: new Map(steps.map((step) => [step, one(`step_noise.${step}`)])),
  };
}

/** One picture's share of a batch. */
function part(data: Float32Array, picture: number, count: number): Float32Array {
  const size = data.length / count;
  return data.slice(picture * size, (picture + 1) * size);
}
