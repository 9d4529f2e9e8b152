import type { EvaluationProgress, EvaluationRun } from '../../app/contracts/evaluation.js';
import { ask, asStudioError } from '../bridge.js';
import { closeToast, reportProblem, rememberUndo, noticesStore, say, showToast, showUndo } from '../studio/notices.js';
import { asPanel } from '../shell/shell-store.js';
import { setPreferences } from '../studio/preferences.js';
import { studioStore } from '../studio/studio-store.js';
import { changeDraft, draftOf, freshDraft, lookAt, settingsOf, worthKeeping } from './drafting.js';
import { evaluateStore, runById, runningRun, type EvaluateState, type Tab } from './evaluate-store.js';

/** Runs: asked for, shown, stopped, resumed, named, taken away. */

let asked = 0;

export async function loadRuns(): Promise<void> {
  asked += 1;
  const mine = asked;
  try {
    const listed = await ask('evaluation.list', {});
    if (mine !== asked) return;
    const runs = listed.filter(({ id }) => !leaving.has(id));
    evaluateStore.setState(({ progress }) => ({
      runs,
      listed: true,
      listProblem: null,
      progress: runs.some(({ id, state }) => id === progress?.id && state === 'running') ? progress : null,
    }));
  } catch (error) {
    if (mine === asked) evaluateStore.setState({ listed: true, listProblem: asStudioError(error) });
  }
}

/** The first time that the panel is opened the newest run is shown, as it was left. */
export function watchEvaluatePanel(): void {
  let looked = false;
  const look = (): void => {
    if (looked || asPanel(studioStore.getState().preferences.panel) !== 'evaluate') return;
    looked = true;
    void openNewest();
  };
  void loadRuns();
  look();
  studioStore.subscribe(look);
}

async function openNewest(): Promise<void> {
  await loadRuns();
  const { runs, open, draft } = evaluateStore.getState();
  const [newest] = runs;
  if (newest && !open && draft.generated === null && draft.reference === null) openRun(newest.id);
}

/** Shown with its settings in the column; what was being put together is set aside. */
export function openRun(id: string): void {
  const { runs, open, draft, setAside } = evaluateStore.getState();
  const run = runById(runs, id);
  if (!run || (open?.id === id && !open.problem)) return;
  evaluateStore.setState({
    setAside: worthKeeping(draft, runs) ? draft : setAside,
    open: { id, state: 'loading', result: null, problem: null },
    tab: 'summary',
    renaming: null,
  });
  changeDraft(draftOf(run.settings, studioStore.getState().capabilities.metrics));
  void loadResult(id);
}

async function loadResult(id: string): Promise<void> {
  const here = (): boolean => evaluateStore.getState().open?.id === id;
  try {
    const { run, result } = await ask('evaluation.get', { id });
    if (!here()) return;
    evaluateStore.setState(({ runs }) => ({
      open: { id, state: 'ready', result, problem: null },
      runs: runs.map((one) => (one.id === id ? run : one)),
    }));
  } catch (error) {
    if (here()) evaluateStore.setState({ open: { id, state: 'ready', result: null, problem: asStudioError(error) } });
  }
}

/** A new one: what was set aside, else an empty column that measures in the same way. */
export function newEvaluation(): void {
  const { draft, setAside } = evaluateStore.getState();
  evaluateStore.setState({ open: null, setAside: null, tab: 'summary' });
  changeDraft(setAside ?? freshDraft(draft));
}

export const showTab = (tab: Tab): void => evaluateStore.setState({ tab });

/** Why a run cannot be begun, in one sentence; null when it can. */
export function whyNotStart({
  draft,
  looks,
  asking,
}: Pick<EvaluateState, 'draft' | 'looks' | 'asking'>): string | null {
  if (asking) return 'It is being begun.';
  if (draft.generated === null) return 'Choose the generated pictures first.';
  if (settingsOf(draft, looks, studioStore.getState().capabilities.metrics)) return null;
  return draft.reference === null && draft.prompts === null
    ? 'Choose a reference, or the prompts of the pictures.'
    : 'Choose a metric that can be computed from these pictures.';
}

export function startEvaluation(): void {
  const state = evaluateStore.getState();
  const settings = settingsOf(state.draft, state.looks, studioStore.getState().capabilities.metrics);
  if (!settings || state.asking) return;
  evaluateStore.setState({ asking: true, problem: null });
  // What folders hold may have changed since they were looked at.
  for (const source of [settings.generated, settings.reference]) if (source) lookAt(source, true);
  ask('evaluation.start', settings)
    .then(
      (run) =>
        evaluateStore.setState(({ runs }) => ({
          runs: [run, ...runs.filter(({ id }) => id !== run.id)],
          open: { id: run.id, state: 'ready', result: null, problem: null },
          tab: 'summary',
        })),
      (error: unknown) => evaluateStore.setState({ problem: asStudioError(error) }),
    )
    .finally(() => evaluateStore.setState({ asking: false }));
}

export const stopEvaluation = (id: string): void => void ask('evaluation.stop', { id }).catch(reportProblem);

/** The one that is measured now. */
export function stopRunning(): void {
  const running = runningRun(evaluateStore.getState().runs);
  if (running) stopEvaluation(running.id);
}

export const resumeEvaluation = (id: string): void => void ask('evaluation.resume', { id }).catch(reportProblem);

export function renameRun(id: string, text: string): void {
  const name = text.trim();
  evaluateStore.setState({ renaming: null });
  if (name === '' || name === runById(evaluateStore.getState().runs, id)?.name) return;
  changeRun(id, { name });
  ask('evaluation.rename', { id, name }).catch((error: unknown) => {
    reportProblem(error);
    void loadRuns();
  });
}

const changeRun = (id: string, change: Partial<EvaluationRun>): void =>
  evaluateStore.setState(({ runs }) => ({ runs: runs.map((run) => (run.id === id ? { ...run, ...change } : run)) }));

/** Main keeps nothing that was removed, so it is told only when Undo is no longer offered. */
const UNDO_MS = 10_000;
const leaving = new Map<string, ReturnType<typeof setTimeout>>();

export function removeRun(id: string): void {
  const { runs, open } = evaluateStore.getState();
  const at = runs.findIndex((run) => run.id === id);
  const run = runs[at];
  if (!run) return;
  if (run.state === 'running') {
    showToast({
      id: newsIdOf(id),
      tone: 'warn',
      text: `“${run.name}” is being measured. Stop it first.`,
      action: null,
    });
    return;
  }
  const rest = runs.filter((one) => one !== run);
  evaluateStore.setState({ runs: rest });
  leaving.set(
    id,
    setTimeout(() => reallyRemove(id), UNDO_MS),
  );
  const neighbour = rest[at] ?? rest[at - 1];
  if (open?.id === id) {
    if (neighbour) openRun(neighbour.id);
    else newEvaluation();
  }
  rememberUndo(undoIdOf(id), () => {
    clearTimeout(leaving.get(id));
    leaving.delete(id);
    void loadRuns().then(() => openRun(id));
  });
  showUndo(undoIdOf(id), `“${run.name}” is off the list. Its pictures stay where they are.`);
}

const undoIdOf = (id: string): string => `evaluation-${id}`;

function reallyRemove(id: string): void {
  clearTimeout(leaving.get(id));
  noticesStore.setState(({ undos }) => ({ undos: undos.filter((undo) => undo.id !== undoIdOf(id)) }));
  ask('evaluation.remove', { id })
    .catch(reportProblem)
    .finally(() => leaving.delete(id));
}

/** The window goes away: what was taken off the list does not come back. */
export function removeNow(): void {
  for (const id of leaving.keys()) reallyRemove(id);
}

export function exportRun(id: string, format: 'html' | 'json' | 'csv'): void {
  ask('evaluation.export', { id, format }).then((saved) => {
    if (saved) showToast({ tone: 'info', text: `Saved as ${saved.path}`, action: null });
  }, reportProblem);
}

export const openReport = (id: string): void => void ask('evaluation.open-report', { id }).catch(reportProblem);

/** Main says that a run came, went or changed. */
export function hearEvaluation({ id }: { readonly id: string }): void {
  const before = runById(evaluateStore.getState().runs, id)?.state;
  void loadRuns().then(() => {
    const { runs, open } = evaluateStore.getState();
    const run = runById(runs, id);
    if (before !== run?.state) closeToast(newsIdOf(id));
    if (run && before !== run.state) tellState(run);
    if (!run && before !== undefined && open?.id === id) newEvaluation();
    else if (run?.state === 'done' && open?.id === id && open.result === null) void loadResult(id);
  });
}

/** What is told of a run's state goes when the state does. */
const newsIdOf = (id: string): string => `evaluation-news-${id}`;

/** For those who do not see the panel: what began or ended, and with what. */
function tellState({ id, name, state, error, verdict }: EvaluationRun): void {
  const away = asPanel(studioStore.getState().preferences.panel) !== 'evaluate';
  const open = (): void => {
    setPreferences({ panel: 'evaluate' });
    openRun(id);
  };
  if (state === 'done') {
    if (away)
      showToast({
        id: newsIdOf(id),
        tone: 'info',
        text: `“${name}” is measured.`,
        action: { label: 'Show it', run: open },
      });
    else say(`“${name}” is measured. ${verdict ?? ''}`);
  } else if (state === 'failed') {
    if (away)
      showToast({
        id: newsIdOf(id),
        tone: 'bad',
        text: error?.message ?? `“${name}” could not be measured.`,
        action: { label: 'Show it', run: open },
      });
  } else if (state === 'stopped') say(`“${name}” is stopped.`);
  else if (state === 'running') say(`“${name}” is being measured.`);
}

export function hearEvaluationProgress(progress: EvaluationProgress): void {
  const { runs } = evaluateStore.getState();
  // News of one that has just been stopped comes late.
  if (runById(runs, progress.id)?.state === 'running') evaluateStore.setState({ progress });
}

/** Up and down the list; the run that is reached is shown. */
export function walkRuns(by: number): void {
  const { runs, open } = evaluateStore.getState();
  const at = runs.findIndex(({ id }) => id === open?.id);
  const next = runs[Math.min(runs.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  if (next) openRun(next.id);
}
