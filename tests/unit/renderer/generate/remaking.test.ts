import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { PictureSummary } from '../../../../app/contracts/gallery.js';
import type { GenerationSettings, Job } from '../../../../app/contracts/generation.js';
import { hearProgress, submit } from '../../../../renderer/generate/generating.js';
import { draftFrom, generateStore, settingsOf, type Draft } from '../../../../renderer/generate/generate-store.js';
import { lockSeed, remakeOf, remakeOnRelease } from '../../../../renderer/generate/remaking.js';
import { recentStore } from '../../../../renderer/studio/recent-pictures.js';
import { forgetDetail } from '../../../../renderer/studio/picture-details.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';

const ask = vi.hoisted(() => vi.fn<(channel: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const use = (weight: number) => ({ adapter: 'a', weight, textWeight: weight, on: true });
const draftWith = (change: Partial<Draft>): Draft => ({
  ...draftFrom({}, []),
  model: 'm',
  prompt: 'a boat',
  seedLocked: true,
  mixer: [use(0.8)],
  ...change,
});
const made: GenerationSettings = settingsOf(draftWith({ mixer: [use(1)] }));

describe('the picture on the stage is made anew', () => {
  test('when only its adapters changed', () => {
    expect(remakeOf(draftWith({}), made)).toMatchObject({ adapters: [{ adapter: 'a', weight: 0.8 }] });
  });

  test('when the numbers of a tag changed, for tags are no words', () => {
    const before = { ...made, prompt: 'a boat <lora:ink:1>' };
    const draft = draftWith({ prompt: 'a boat <lora:ink:0.5>', mixer: [use(1)] });
    expect(remakeOf(draft, before)?.prompt).toBe('a boat <lora:ink:0.5>');
  });

  test.for<[string, Partial<Draft>]>([
    ['the seed is free', { seedLocked: false }],
    ['the words are others', { prompt: 'a house' }],
    ['what to leave out is another', { negative: 'fog' }],
    ['the model is another', { model: 'other' }],
    ['nothing changed', { mixer: [use(1)] }],
  ])('but not when %s', ([, change]) => {
    expect(remakeOf(draftWith(change), made)).toBeNull();
  });
});

describe('letting go of a slider', () => {
  const submitted = (): unknown[] => ask.mock.calls.filter(([name]) => name === 'generation.submit').map(([, p]) => p);
  const jobs = (...states: Job['state'][]): void =>
    studioStore.setState({
      queue: { jobs: states.map((state, index) => ({ id: `j${index}`, state }) as Job), secondsLeft: null },
    });
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  beforeEach(() => {
    forgetDetail(['p', 'q']);
    ask
      .mockReset()
      .mockImplementation((name) =>
        Promise.resolve(name === 'gallery.get' ? { id: 'p', receipt: { settings: made } } : { id: 'j0', notices: [] }),
      );
    const picture = { id: 'p', width: 64, height: 64, kept: false, title: '', missing: false, clipScore: null };
    recentStore.setState({ pictures: [picture], loaded: true });
    generateStore.setState({ draft: draftWith({ count: 4 }), selection: { kind: 'follow' }, live: null, remake: null });
    jobs();
  });

  test('asks for one picture with the new strengths', async () => {
    remakeOnRelease();
    await settle();
    expect(submitted()).toMatchObject([{ settings: { adapters: [{ weight: 0.8 }], seed: made.seed }, count: 1 }]);
  });

  test('asks for nothing while anything runs or waits', async () => {
    jobs('waiting');
    remakeOnRelease();
    jobs('running');
    remakeOnRelease();
    await settle();
    jobs();
    await settle();
    expect(submitted()).toEqual([]);
  });

  test('asks for nothing at a cold start, where no picture is on the stage', async () => {
    recentStore.setState({ pictures: [] });
    remakeOnRelease();
    await settle();
    expect(submitted()).toEqual([]);
  });

  test('while its own last picture is made, is kept for the end: only the last counts', async () => {
    remakeOnRelease();
    await settle();
    jobs('running');
    for (const weight of [0.3, 0.4]) {
      generateStore.setState({ draft: draftWith({ mixer: [use(weight)] }) });
      remakeOnRelease();
    }
    await settle();
    expect(submitted()).toHaveLength(1);
    jobs();
    await settle();
    expect(submitted().slice(1)).toMatchObject([{ settings: { adapters: [{ weight: 0.4 }] } }]);
  });

  test('leaves the old picture on the stage: the new one shows no previews, as other jobs do', async () => {
    const preview = { width: 1, height: 1, rgb: new Uint8Array(3) };
    const progress = (jobId: string) =>
      ({
        jobId,
        picture: 0,
        phase: 'denoising',
        step: 1,
        steps: 2,
        width: 64,
        height: 64,
        secondsLeft: null,
        preview,
      }) as const;
    remakeOnRelease();
    await settle();
    hearProgress(progress('j0'));
    expect(generateStore.getState().live).toMatchObject({ jobId: 'j0', hasPreview: false });
    submit();
    hearProgress(progress('j1'));
    expect(generateStore.getState().live).toMatchObject({ jobId: 'j1', hasPreview: true });
  });
});

describe('the lock', () => {
  const picture = { id: 'p' } as PictureSummary;
  const lockWith = async (change: Partial<Draft>): Promise<Pick<Draft, 'seed' | 'seedLocked'>> => {
    forgetDetail(['p']);
    ask.mockReset().mockResolvedValue({ id: 'p', receipt: { settings: { ...made, seed: 7 } } });
    recentStore.setState({ pictures: [picture] });
    generateStore.setState({
      draft: draftWith({ seed: 99, seedLocked: false, ...change }),
      selection: { kind: 'follow' },
      live: null,
    });
    await lockSeed();
    const { seed, seedLocked } = generateStore.getState().draft;
    return { seed, seedLocked };
  };

  test('keeps the seed of the picture that a slider would draw again', async () => {
    expect(await lockWith({})).toEqual({ seed: 7, seedLocked: true });
  });
  test('keeps the seed in the field where no adapter is on, or the words are others', async () => {
    expect(await lockWith({ mixer: [] })).toEqual({ seed: 99, seedLocked: true });
    expect(await lockWith({ prompt: 'a house' })).toEqual({ seed: 99, seedLocked: true });
  });
  test('opens again and leaves the seed', async () => {
    expect(await lockWith({ seedLocked: true })).toEqual({ seed: 99, seedLocked: false });
  });
});
