import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StudioError } from '../../../../app/contracts/studio-error.js';
import { changeDraft } from '../../../../renderer/evaluate/drafting.js';
import { emptyDraft, evaluateStore } from '../../../../renderer/evaluate/evaluate-store.js';
import {
  hearEvaluation,
  hearEvaluationProgress,
  newEvaluation,
  openRun,
  removeNow,
  removeRun,
  renameRun,
  startEvaluation,
  walkRuns,
} from '../../../../renderer/evaluate/runs.js';
import { noticesStore, undoLast } from '../../../../renderer/studio/notices.js';
import { studioStore } from '../../../../renderer/studio/studio-store.js';
import { metrics, resultOf, runOf } from './test-runs.js';

const ask = vi.hoisted(() => vi.fn<(name: string, payload: unknown) => Promise<unknown>>());
vi.mock(import('../../../../renderer/bridge.js'), async (original) => ({ ...(await original()), ask: ask as never }));

const now = () => evaluateStore.getState();
const asked = (name: string): unknown[] => ask.mock.calls.filter(([one]) => one === name).map(([, payload]) => payload);
let listed = [runOf('b'), runOf('a')];

beforeEach(() => {
  vi.useFakeTimers();
  listed = [runOf('b'), runOf('a')];
  ask.mockReset();
  ask.mockImplementation((name, payload) => {
    const { id = '' } = payload as { id?: string };
    const answers: Record<string, () => unknown> = {
      'evaluation.list': () => listed,
      'evaluation.get': () => ({ run: listed.find((run) => run.id === id), result: resultOf({ verdict: `of ${id}` }) }),
      'evaluation.start': () => runOf('new', { state: 'running' }),
      'evaluation.look': () => ({ ...look }),
    };
    return Promise.resolve(answers[name]?.() ?? {});
  });
  const { capabilities, preferences } = studioStore.getState();
  studioStore.setState({
    capabilities: { ...capabilities, metrics },
    preferences: { ...preferences, panel: 'evaluate' },
  });
  noticesStore.setState({ toasts: [], undos: [], polite: '' });
  const fresh = { draft: emptyDraft, setAside: null, looks: new Map(), open: null, progress: null, problem: null };
  evaluateStore.setState({ ...fresh, runs: listed, asking: false });
});
afterEach(() => vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(0);

const look = {
  label: 'x',
  count: 1,
  dimensions: null,
  skipped: [],
  carriesPrompts: false,
  notices: [],
  token: 't',
  shown: 0,
};
const started = { generated: { kind: 'folder', path: '/g' }, reference: { kind: 'folder', path: '/r' } } as const;

describe('a run that is opened', () => {
  test('shows its result and its settings', async () => {
    openRun('a');
    await settle();
    expect(now().open).toMatchObject({ id: 'a', state: 'ready', result: { verdict: 'of a' } });
    expect(now().draft.generated).toEqual({ kind: 'folder', path: '/data/run-12' });
  });
  test('sets a draft aside, and a new evaluation brings it back', () => {
    changeDraft({ generated: started.generated });
    openRun('a');
    newEvaluation();
    expect(now().draft.generated).toEqual(started.generated);
    expect(now().open).toBeNull();
  });
  test('is not overtaken by the answer for one that was opened before', async () => {
    let answer: (value: unknown) => void = () => undefined;
    ask.mockImplementationOnce(() => Promise.resolve(look));
    ask.mockImplementationOnce(() => Promise.resolve(look));
    ask.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    openRun('a');
    openRun('b');
    await settle();
    answer({ run: listed[1], result: resultOf({ verdict: 'late' }) });
    await settle();
    expect(now().open).toMatchObject({ id: 'b', result: { verdict: 'of b' } });
  });
  test('can be walked to', () => {
    openRun('b');
    walkRuns(1);
    expect(now().open?.id).toBe('a');
    walkRuns(1);
    expect(now().open?.id).toBe('a');
  });
});

describe('an evaluation', () => {
  test('is begun once, and shown', async () => {
    changeDraft(started);
    startEvaluation();
    startEvaluation();
    await settle();
    expect(asked('evaluation.start')).toMatchObject([{ ...started, metrics: ['kid', 'fid'] }]);
    expect(now().open?.id).toBe('new');
    expect(now().runs[0]?.id).toBe('new');
  });
  test('that is refused says why, and can be begun again', async () => {
    changeDraft(started);
    await settle();
    ask.mockImplementation((name) =>
      name === 'evaluation.start'
        ? Promise.reject(new StudioError('bad-input', 'prompts.txt has 2 lines, 3 pictures are there.'))
        : Promise.resolve(look),
    );
    startEvaluation();
    await settle();
    expect(now().problem?.message).toBe('prompts.txt has 2 lines, 3 pictures are there.');
    expect(now().asking).toBe(false);
  });
  test('tells how far it is only while it runs', async () => {
    const progress = { id: 'b', phase: 'features', what: 'Features', done: 1, of: 2, secondsLeft: null } as const;
    hearEvaluationProgress(progress);
    expect(now().progress).toBeNull();
    listed = [runOf('b', { state: 'running' }), runOf('a')];
    hearEvaluation({ id: 'b' });
    await settle();
    hearEvaluationProgress(progress);
    expect(now().progress).toEqual(progress);
    listed = [runOf('b', { state: 'stopped' }), runOf('a')];
    hearEvaluation({ id: 'b' });
    await settle();
    expect(now().progress).toBeNull();
    expect(noticesStore.getState().polite).toBe('“b” is stopped.');
  });
  test('that goes on takes away what was told when it stood still', async () => {
    evaluateStore.setState({ runs: [runOf('b', { state: 'running' })] });
    const { preferences } = studioStore.getState();
    studioStore.setState({ preferences: { ...preferences, panel: 'gallery' } });
    for (const [state, toasts, polite] of [
      ['failed', 1, ''],
      ['running', 0, '“b” is being measured.'],
      ['stopped', 0, '“b” is stopped.'],
      ['running', 0, '“b” is being measured.'],
      ['done', 1, '“b” is being measured.'],
    ] as const) {
      listed = [runOf('b', { state })];
      hearEvaluation({ id: 'b' });
      await settle();
      expect(noticesStore.getState()).toMatchObject({ polite, toasts: { length: toasts } });
    }
  });
  test('that ends while another panel is open leads back to it', async () => {
    evaluateStore.setState({ runs: [runOf('b', { state: 'running' })] });
    const { preferences } = studioStore.getState();
    studioStore.setState({ preferences: { ...preferences, panel: 'gallery' } });
    hearEvaluation({ id: 'b' });
    await settle();
    const [toast] = noticesStore.getState().toasts;
    expect(toast).toMatchObject({ text: '“b” is measured.', action: { label: 'Show it' } });
    toast?.action?.run();
    expect(studioStore.getState().preferences.panel).toBe('evaluate');
    expect(now().open?.id).toBe('b');
  });
});

describe('a run that is removed', () => {
  test('is gone at once, its neighbour is shown, and main is told when Undo ends', async () => {
    openRun('b');
    removeRun('b');
    expect(now().runs.map(({ id }) => id)).toEqual(['a']);
    expect(now().open?.id).toBe('a');
    expect(asked('evaluation.remove')).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked('evaluation.remove')).toEqual([{ id: 'b' }]);
    expect(noticesStore.getState().undos).toEqual([]);
  });
  test('comes back by Undo', async () => {
    removeRun('b');
    undoLast();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(now().runs.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(now().open?.id).toBe('b');
    expect(asked('evaluation.remove')).toEqual([]);
  });
  test('is removed for good when the window closes', () => {
    removeRun('b');
    removeNow();
    expect(asked('evaluation.remove')).toEqual([{ id: 'b' }]);
  });
  test('stays while it is measured', () => {
    evaluateStore.setState({ runs: [runOf('b', { state: 'running' })] });
    removeRun('b');
    expect(now().runs).toHaveLength(1);
    expect(noticesStore.getState().toasts[0]?.text).toBe('“b” is being measured. Stop it first.');
  });
});

test('a name is taken as it is typed, without the spaces around it; an empty one leaves the old', () => {
  renameRun('a', '  guidance 7 ');
  renameRun('b', ' ');
  expect(now().runs.map(({ name }) => name)).toEqual(['b', 'guidance 7']);
  expect(asked('evaluation.rename')).toEqual([{ id: 'a', name: 'guidance 7' }]);
});
