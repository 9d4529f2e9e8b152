import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import type { Model } from '../../../../app/contracts/models.js';
import { languageModels } from '../../../../renderer/chat/model-fit.js';
import {
  changeDraft,
  draftOf,
  evaluatePictures,
  lookOf,
  measuringModels,
  metricsNow,
  sameSettings,
  settingsOf,
  swapSources,
  toggleMetric,
  whyNotMetric,
  worthKeeping,
} from '../../../../renderer/evaluate/drafting.js';
import { emptyDraft, evaluateStore } from '../../../../renderer/evaluate/evaluate-store.js';
import { lookWords } from '../../../../renderer/evaluate/evaluate-words.js';
import { whyNotStart } from '../../../../renderer/evaluate/runs.js';
import { pictureModels, studioStore } from '../../../../renderer/studio/studio-store.js';
import { clip, fid, kid, metrics, runOf, settings } from './test-runs.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const seen = { count: 1000, dimensions: null, skipped: [{ file: 'a.txt', reason: 'is no picture' }] };
const look = { label: 'run-12', ...seen, carriesPrompts: false, notices: [], token: 't', shown: 4 };
const folder = (path: string) => ({ kind: 'folder', path }) as const;
const now = () => evaluateStore.getState();

beforeEach(() => {
  ask.mockReset();
  ask.mockImplementation((name) => Promise.resolve(name === 'evaluation.look' ? look : {}));
  const { capabilities } = studioStore.getState();
  studioStore.setState({ capabilities: { ...capabilities, metrics } });
  evaluateStore.setState({ draft: emptyDraft, looks: new Map(), runs: [], open: null, asking: false });
});

describe('a source', () => {
  test('is looked at once, and its card says what it holds', async () => {
    changeDraft({ generated: folder('/a') });
    changeDraft({ reference: folder('/a') });
    expect(ask.mock.calls.filter(([name]) => name === 'evaluation.look')).toHaveLength(1);
    await vi.waitFor(() => expect(lookWords(lookOf(now().looks, folder('/a')))).toBe('1,000 pictures, 1 skipped'));
  });
  test('that cannot be read says why, and is asked again when it is chosen again', async () => {
    ask.mockRejectedValue(new StudioError('missing-file', 'There is no folder /a.'));
    changeDraft({ generated: folder('/a') });
    await vi.waitFor(() => expect(lookWords(lookOf(now().looks, folder('/a')))).toBe('There is no folder /a.'));
    changeDraft({ generated: folder('/a') });
    expect(ask).toHaveBeenCalledTimes(2);
  });
  test('changes places with the other, but statistics stay the reference', () => {
    changeDraft({ generated: folder('/a'), reference: folder('/b') });
    swapSources();
    expect(now().draft).toMatchObject({ generated: { path: '/b' }, reference: { path: '/a' } });
    changeDraft({ reference: { kind: 'statistics', path: '/s.npz' } });
    swapSources();
    expect(now().draft).toMatchObject({ generated: { path: '/b' }, reference: { path: '/s.npz' } });
  });
  test('is what was selected in the gallery, with the pictures’ own prompts', () => {
    changeDraft({ prompts: '/p.txt' });
    evaluatePictures(['1', '2']);
    expect(now().draft).toMatchObject({ generated: { kind: 'gallery', ids: ['1', '2'] }, prompts: null });
    expect(studioStore.getState().preferences.panel).toBe('evaluate');
  });
});

describe('a metric', () => {
  test('waits for what it needs', () => {
    const draft = { ...emptyDraft, generated: folder('/a') };
    expect(whyNotMetric(kid, draft, new Map())).toBe('needs a reference');
    expect(whyNotMetric(clip, draft, new Map())).toBe('needs prompts');
    expect(whyNotMetric(clip, { ...draft, prompts: '/p.txt' }, new Map())).toBeNull();
    const carries = new Map([['folder /a', { state: 'seen' as const, look: { ...look, carriesPrompts: true } }]]);
    expect(whyNotMetric(clip, draft, carries)).toBeNull();
  });
  test('is asked for when it is ticked and can be computed', () => {
    const draft = { ...emptyDraft, generated: folder('/a'), reference: folder('/b') };
    expect(metricsNow(metrics, draft, new Map())).toEqual([kid, fid]);
    expect(metricsNow(metrics, { ...draft, metrics: ['fid', 'clip'] }, new Map())).toEqual([fid]);
  });
  test('is taken away and put back; all of them are every metric there will be', () => {
    toggleMetric('fid');
    expect(now().draft.metrics).toEqual(['kid', 'clip']);
    toggleMetric('fid');
    expect(now().draft.metrics).toBeNull();
  });
});

test('what is missing is said, one thing after the other', () => {
  const why = () => whyNotStart(now());
  expect(why()).toBe('Choose the generated pictures first.');
  changeDraft({ generated: folder('/a') });
  expect(why()).toBe('Choose a reference, or the prompts of the pictures.');
  changeDraft({ reference: folder('/b'), metrics: ['clip'] });
  expect(why()).toBe('Choose a metric that can be computed from these pictures.');
  changeDraft({ metrics: null });
  expect(why()).toBeNull();
  expect(settingsOf(now().draft, now().looks, metrics)).toMatchObject({ metrics: ['kid', 'fid'], seed: 0 });
});

test('a run that had no reference or no captions does not untick the metrics that need them', () => {
  expect(draftOf({ ...settings, metrics: ['kid', 'fid'] }, metrics).metrics).toBeNull();
  expect(draftOf({ ...settings, reference: null, metrics: ['clip'] }, metrics).metrics).toBeNull();
  expect(draftOf({ ...settings, prompts: '/p.txt', metrics: ['kid', 'fid'] }, metrics).metrics).toEqual(['kid', 'fid']);
  expect(draftOf({ ...settings, metrics: ['fid', 'clip'] }, metrics).metrics).toEqual(['fid', 'clip']);
});

test('settings are the same whatever the order of their metrics', () => {
  expect(sameSettings(settings, { ...settings, metrics: ['fid', 'kid'] })).toBe(true);
  expect(sameSettings(settings, { ...settings, mode: 'clean-fid' })).toBe(false);
  expect(sameSettings(settings, { ...settings, reference: null })).toBe(false);
});

test('models that measure are offered here, and nowhere else', () => {
  const modelOf = (id: string, kind: string, more = {}) =>
    ({ id, kind, missing: false, embedded: false, ...more }) as Model;
  const models = [
    modelOf('i', 'inception'),
    modelOf('c', 'clip'),
    modelOf('gone', 'clip', { missing: true }),
    modelOf('sd', 'diffusion'),
    modelOf('llm', 'language'),
  ];
  const ids = (of: readonly Model[]): string[] => of.map(({ id }) => id);
  expect(ids(measuringModels(models, 'inception'))).toEqual(['i']);
  expect(ids(measuringModels(models, 'clip'))).toEqual(['c']);
  expect(ids(pictureModels(models))).toEqual(['sd']);
  expect(ids(languageModels(models))).toEqual(['llm']);
});

test('a draft is set aside unless it is empty or only repeats a run', () => {
  const runs = [runOf('r')];
  expect(worthKeeping(emptyDraft, runs)).toBe(false);
  expect(worthKeeping({ ...settings }, runs)).toBe(false);
  expect(worthKeeping({ ...settings, mode: 'clean-fid' }, runs)).toBe(true);
});
