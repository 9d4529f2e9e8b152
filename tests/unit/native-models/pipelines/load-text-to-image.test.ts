import { cp, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Checkpoint } from '../../../../native-models/pipelines/checkpoint.js';
import { applyPreview } from '../../../../native-models/pipelines/latent-preview.js';
import { loadTextToImage, type LoadedTextToImage } from '../../../../native-models/pipelines/load-text-to-image.js';
import type { TextToImageSettings } from '../../../../native-models/pipelines/text-to-image.js';
import { openNetwork } from '../../../../native-models/runtime/open-network.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';
import { readDiffusersFolder } from '../../../../native-models/weight-formats/diffusers-folder.js';

vi.mock(import('../../../../native-models/runtime/open-network.js'), async (original) => {
  const actual = await original();
  return { ...actual, openNetwork: vi.fn(actual.openNetwork) };
});

// Real pictures, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const EMBEDDED = fileURLToPath(new URL('../../../../native-models/embedded/pictures', import.meta.url));

const SETTINGS: TextToImageSettings = {
  prompt: 'a red heart',
  negative: '',
  steps: 4,
  cfg: 2.5,
  sampler: 'ddim',
  schedule: 'normal',
  seed: 7,
  width: 64,
  height: 64,
  clipSkip: 1,
};

let scratch: string;
let pictures: LoadedTextToImage;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'inkstone-pictures-'));
  pictures = await load(EMBEDDED);
});
afterAll(async () => {
  await pictures.release();
  await rm(scratch, { recursive: true });
});
beforeEach(() => void vi.mocked(openNetwork).mockClear());

describe('networks', () => {
  it('are opened for the first picture, and none for the second of its size', async () => {
    await pictures.generate(SETTINGS);
    expect(opened()).toEqual(['text_encoder', 'unet', 'vae_decoder']);
    await pictures.generate({ ...SETTINGS, prompt: 'pizza', seed: 8 });
    expect(opened()).toHaveLength(3);
  });

  it('of another size are opened anew, but for the text encoder', async () => {
    await pictures.generate({ ...SETTINGS, width: 32, steps: 1 });
    expect(opened()).toEqual(['unet', 'vae_decoder']);
  });

  it('can be released and opened again', async () => {
    const before = await pictures.generate(SETTINGS);
    await pictures.release();
    expect((await pictures.generate(SETTINGS)).rgb).toEqual(before.rgb);
  });
});

describe.each(schedulers)('$label', ({ id }) => {
  it('goes on after any step to the very same picture', async () => {
    const settings = { ...SETTINGS, sampler: id };
    const checkpoints: Checkpoint[] = [];
    const whole = await pictures.generate(settings, { onStep: ({ checkpoint }) => void checkpoints.push(checkpoint) });
    for (const resume of checkpoints) {
      const rest = await pictures.generate(settings, { resume });
      expect(rest.finalLatents).toEqual(whole.finalLatents);
      expect(rest.rgb).toEqual(whole.rgb);
    }
  });
});

it('clip skip changes the picture', async () => {
  const plain = await pictures.generate(SETTINGS);
  expect((await pictures.generate({ ...SETTINGS, clipSkip: 2 })).rgb).not.toEqual(plain.rgb);
});

describe('previews', () => {
  it('are fitted once and then read from the cache', async () => {
    const cache = join(scratch, 'previews');
    const fitted = await pictures.latentPreview(cache);
    vi.mocked(openNetwork).mockClear();
    expect(await pictures.latentPreview(cache)).toEqual(fitted);
    expect(opened()).toEqual([]);
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('that were cut short in the cache are fitted anew', async () => {
    const cache = join(scratch, 'cut');
    const fitted = await pictures.latentPreview(cache);
    const [name] = await readdir(cache);
    await writeFile(join(cache, name!), '{"weights": [');
    expect(await pictures.latentPreview(cache)).toEqual(fitted);
  });

  it('look like the finished picture', async () => {
    const preview = await pictures.latentPreview(join(scratch, 'previews'));
    const { rgb, finalLatents } = await pictures.generate({ ...SETTINGS, steps: 12 });
    const small = applyPreview(preview, finalLatents);
    expect([small.width, small.height]).toEqual([16, 16]);
    expect(correlation(small.rgb, shrink(rgb, 64, 4))).toBeGreaterThan(0.9);
  });
});

describe('refusals', () => {
  it('a file that changed on disk, by name', async () => {
    const copy = await copyOfModel();
    const loaded = await load(copy);
    await loaded.generate({ ...SETTINGS, steps: 1 });
    await utimes(join(copy, 'unet', 'diffusion_pytorch_model.safetensors'), 1, 1);
    const again = loaded.generate(SETTINGS);
    await expect(again).rejects.toMatchObject({ kind: 'file-changed' });
    await expect(again).rejects.toThrow(/diffusion_pytorch_model.safetensors changed while it was in use/);
    await loaded.release();
  });

  it('a file that changes while a picture is made marks that picture', async () => {
    const copy = await copyOfModel();
    const loaded = await load(copy);
    await loaded.generate({ ...SETTINGS, steps: 1 }); // all networks are open now
    const { notices } = await loaded.generate(SETTINGS, {
      onStep: async ({ step }) => {
        if (step === 2) await utimes(join(copy, 'vae', 'config.json'), 1, 1);
      },
    });
    expect(notices).toEqual([
      expect.stringMatching(/^This picture may be wrong: vae\/config.json changed while it was in use/),
    ]);
    await loaded.release();
  });

  it('a pipeline without a tokenizer', async () => {
    const copy = await copyOfModel();
    const index = JSON.parse(await readFile(join(copy, 'model_index.json'), 'utf8')) as Record<string, unknown>;
    await writeFile(join(copy, 'model_index.json'), JSON.stringify({ ...index, tokenizer: [null, null] }));
    await expect(load(copy)).rejects.toThrow(/has no text_encoder or no tokenizer/);
  });
});

it('old scheduler configs that clip latents and start at timestep 0 are mended, as diffusers mends them', async () => {
  const copy = await copyOfModel();
  const file = join(copy, 'scheduler', 'scheduler_config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...config, clip_sample: true, steps_offset: 0 }));
  const loaded = await load(copy);
  expect((await loaded.generate(SETTINGS)).rgb).toEqual((await pictures.generate(SETTINGS)).rgb);
  await loaded.release();
});

async function load(folder: string): Promise<LoadedTextToImage> {
  return loadTextToImage(await readDiffusersFolder(folder), 'cpu');
}

function opened(): string[] {
  return vi.mocked(openNetwork).mock.calls.map(([{ component }]) => component);
}

async function copyOfModel(): Promise<string> {
  const copy = await mkdtemp(join(scratch, 'model-'));
  for (const part of ['model_index.json', 'scheduler', 'tokenizer', 'text_encoder', 'unet', 'vae']) {
    await mkdir(copy, { recursive: true });
    await cp(join(EMBEDDED, part), join(copy, part), { recursive: true });
  }
  return copy;
}

/** Mean over squares of side `factor`, [H / factor, W / factor, 3]. */
function shrink(rgb: Uint8Array, side: number, factor: number): Float32Array {
  const small = side / factor;
  const out = new Float32Array(small * small * 3);
  rgb.forEach((value, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    out[(Math.floor(y / factor) * small + Math.floor(x / factor)) * 3 + (i % 3)]! += value / factor ** 2;
  });
  return out;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i]! - meanA, b[i]! - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}
