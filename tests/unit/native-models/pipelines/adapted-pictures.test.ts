import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { adaptableModel } from '../../../../native-models/adapters/adaptable-model.js';
import type { Checkpoint } from '../../../../native-models/pipelines/checkpoint.js';
import { loadTextToImage, type LoadedTextToImage } from '../../../../native-models/pipelines/load-text-to-image.js';
import type { TextToImageSettings } from '../../../../native-models/pipelines/text-to-image.js';
import { openNetwork } from '../../../../native-models/runtime/open-network.js';
import { readDiffusersFolder } from '../../../../native-models/weight-formats/diffusers-folder.js';
import { relativeDifference } from '../../../parity/golden.js';
import { writeSeededAdapter } from '../adapters/seeded-adapter.js';

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
  steps: 3,
  cfg: 2.5,
  sampler: 'ddim',
  schedule: 'normal',
  seed: 7,
  width: 64,
  height: 64,
  clipSkip: 1,
};

let scratch: string;
let bakeFolder: string;
let one: string;
let two: string;
let loaded: LoadedTextToImage;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'inkstone-adapted-'));
  bakeFolder = join(scratch, 'baked');
  await mkdir(bakeFolder);
  const model = adaptableModel(await readDiffusersFolder(EMBEDDED));
  one = await writeSeededAdapter(join(scratch, 'one.safetensors'), model);
  two = await writeSeededAdapter(join(scratch, 'two.safetensors'), model, { seed: 'two', rank: 3, alpha: 1 });
});
afterAll(() => rm(scratch, { recursive: true }));
beforeEach(async () => {
  vi.mocked(openNetwork).mockClear();
  loaded = await loadTextToImage(await readDiffusersFolder(EMBEDDED), 'cpu', {
    bakeFolder: () => Promise.resolve(bakeFolder),
  });
});
afterEach(() => loaded.release());

const use = (file: string, weight = 1, textWeight = weight) => ({ file, weight, textWeight });

describe('live adapters', () => {
  it('change the picture, and taken off again leave it to the bit as it was', async () => {
    const plain = await loaded.generate(SETTINGS);
    const adapted = await loaded.generate(SETTINGS, { adapters: [use(one)] });
    expect(relativeDifference(adapted.finalLatents.data, plain.finalLatents.data)).toBeGreaterThan(0.05);
    expect(adapted.adapters).toMatchObject([{ file: one, how: 'live' }]);
    expect((await loaded.generate(SETTINGS)).finalLatents).toEqual(plain.finalLatents);
    expect((await loaded.generate(SETTINGS, { adapters: [use(one, 0)] })).finalLatents).toEqual(plain.finalLatents);
  });

  it('open sessions with branches once, in place of the plain ones; others and sliders open none', async () => {
    await loaded.generate(SETTINGS);
    expect(opened()).toEqual(['text_encoder', 'unet', 'vae_decoder']);
    await loaded.generate(SETTINGS, { adapters: [use(one)] });
    expect(opened()).toEqual(['text_encoder', 'unet', 'vae_decoder', 'text_encoder +', 'unet +']);
    await loaded.generate(SETTINGS, { adapters: [use(one, 0.5), use(two, -0.3)] });
    await loaded.generate(SETTINGS);
    expect(opened()).toHaveLength(5);
  });

  it('find the sessions ready that were prepared', async () => {
    await loaded.prepareAdapters(SETTINGS);
    expect(opened()).toEqual(['text_encoder +', 'unet +']);
    await loaded.generate(SETTINGS, { adapters: [use(one)] });
    expect(opened()).toEqual(['text_encoder +', 'unet +', 'vae_decoder']);
  });

  it('add up whatever their order; a slider gives what a fresh start gives', async () => {
    const slid = await loaded.generate(SETTINGS, { adapters: [use(one, 0.9), use(two)] });
    const moved = await loaded.generate(SETTINGS, { adapters: [use(one, 0.4), use(two)] });
    expect(relativeDifference(moved.finalLatents.data, slid.finalLatents.data)).toBeGreaterThan(0.01);
    await loaded.release();
    const fresh = await loaded.generate(SETTINGS, { adapters: [use(one, 0.4), use(two)] });
    expect(moved.finalLatents).toEqual(fresh.finalLatents);
    const turned = await loaded.generate(SETTINGS, { adapters: [use(two), use(one, 0.4)] });
    expect(relativeDifference(turned.finalLatents.data, fresh.finalLatents.data)).toBeLessThan(1e-4);
  });

  it('with a text weight alone change what the text says', async () => {
    const plain = await loaded.generate(SETTINGS);
    const text = await loaded.generate(SETTINGS, { adapters: [use(one, 0, 1)] });
    expect(relativeDifference(text.finalLatents.data, plain.finalLatents.data)).toBeGreaterThan(0.001);
  });

  it('tell what they took, and nothing when they were still there', async () => {
    const seconds = async (weight: number) =>
      (await loaded.generate(SETTINGS, { adapters: [use(one, weight)] })).adapters[0]!.seconds;
    expect(await seconds(1)).toBeGreaterThan(0);
    expect(await seconds(1)).toBe(0);
    expect(await seconds(0.5)).toBeGreaterThan(0);
  });

  it('deleted while they are on are an error of their own; the model goes on', async () => {
    const gone = join(scratch, 'gone.safetensors');
    await writeSeededAdapter(gone, adaptableModel(loaded.model), { seed: 'gone' });
    const plain = await loaded.generate(SETTINGS);
    await loaded.generate(SETTINGS, { adapters: [use(gone)] });
    await rm(gone);
    const refused = loaded.generate(SETTINGS, { adapters: [use(gone)] });
    await expect(refused).rejects.toMatchObject({ kind: 'missing-file', file: gone });
    expect((await loaded.generate(SETTINGS)).finalLatents).toEqual(plain.finalLatents);
  });

  it('of no known kind are refused, and the picture before is made again', async () => {
    const file = join(scratch, 'nonsense.safetensors');
    await writeFile(file, 'nonsense');
    const before = await loaded.generate(SETTINGS, { adapters: [use(one)] });
    await expect(loaded.generate(SETTINGS, { adapters: [use(one), use(file)] })).rejects.toMatchObject({ file });
    expect((await loaded.generate(SETTINGS, { adapters: [use(one)] })).finalLatents).toEqual(before.finalLatents);
  });
});

describe('a checkpoint', () => {
  it('goes on with the same adapters, and with others begins anew', async () => {
    const adapters = [use(one, 0.7)];
    let resume: Checkpoint | undefined;
    const whole = await loaded.generate(SETTINGS, {
      adapters,
      onStep: ({ step, checkpoint }) => void (step === 2 && (resume = checkpoint)),
    });
    const rest = await loaded.generate(SETTINGS, { adapters, resume: resume! });
    expect(rest.notices).toEqual([]);
    expect(rest.finalLatents).toEqual(whole.finalLatents);
    for (const others of [[], [use(one, 0.6)], [use(two, 0.7)]]) {
      const anew = await loaded.generate(SETTINGS, { adapters: others, resume: resume! });
      expect(anew.notices).toEqual([expect.stringMatching(/^The picture was begun anew/)]);
    }
    const baked = await loaded.generate(SETTINGS, { adapters, apply: 'baked', resume: resume! });
    expect(baked.notices).toHaveLength(1);
  });
});

describe('baked adapters', () => {
  it('give what live ones give, from sessions without branches', async () => {
    const adapters = [use(one, 0.8), use(two, -0.5, 0.3)];
    const live = await loaded.generate(SETTINGS, { adapters });
    vi.mocked(openNetwork).mockClear();
    const baked = await loaded.generate(SETTINGS, { adapters, apply: 'baked' });
    expect(opened()).toEqual(['text_encoder', 'unet']);
    expect(baked.adapters).toMatchObject([{ how: 'baked' }, { how: 'baked' }]);
    expect(relativeDifference(baked.finalLatents.data, live.finalLatents.data)).toBeLessThanOrEqual(1e-4);
    expect((await loaded.generate(SETTINGS, { adapters, apply: 'live' })).finalLatents).toEqual(live.finalLatents);
  });

  it('keep one temporary file a network for as long as they are on', async () => {
    await loaded.generate(SETTINGS, { adapters: [use(one)], apply: 'baked' });
    const files = await readdir(bakeFolder);
    expect(files.map((name) => name.replace(/-.*/, '')).toSorted()).toEqual(['text_encoder', 'unet']);
    await loaded.generate({ ...SETTINGS, seed: 8 }, { adapters: [use(one)], apply: 'baked' });
    expect(await readdir(bakeFolder)).toEqual(files);
    await loaded.generate(SETTINGS, { adapters: [use(one, 0.5)], apply: 'baked' });
    expect(await readdir(bakeFolder)).toHaveLength(2);
    await loaded.generate(SETTINGS);
    expect(await readdir(bakeFolder)).toEqual([]);
    await loaded.generate(SETTINGS, { adapters: [use(one)], apply: 'baked' });
    await loaded.release();
    expect(await readdir(bakeFolder)).toEqual([]);
  });

  it('that were stopped leave no file', async () => {
    const stopped = loaded.generate(SETTINGS, {
      adapters: [use(one)],
      apply: 'baked',
      signal: AbortSignal.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(bakeFolder)).toEqual([]);
  });
});

/** Networks that were opened, a plus for low-rank branches. */
function opened(): string[] {
  return vi.mocked(openNetwork).mock.calls.map(([{ component, adapters }]) => `${component}${adapters ? ' +' : ''}`);
}
