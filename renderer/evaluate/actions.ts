import type { Action } from '../keyboard/action.js';
import {
  changeDraft,
  chooseFolder,
  chooseNetwork,
  choosePrompts,
  chooseStatistics,
  swapSources,
  whyNotSwap,
} from './drafting.js';
import { evaluateStore, runById, runningRun } from './evaluate-store.js';
import {
  exportRun,
  newEvaluation,
  openReport,
  removeRun,
  resumeEvaluation,
  showTab,
  startEvaluation,
  stopRunning,
  whyNotStart,
} from './runs.js';
import type { EvaluationRun } from '../../app/contracts/evaluation.js';

/** Everything a person can do in the Evaluate panel. */

const group = 'Evaluate';

export const openRunNow = (): EvaluationRun | null => {
  const { runs, open } = evaluateStore.getState();
  return runById(runs, open?.id);
};
const needsRun = (): string | null => (openRunNow() ? null : 'No evaluation is open.');
const needsResult = (): string | null =>
  evaluateStore.getState().open?.result ? null : 'There is no result yet: the evaluation has to be done first.';
const withRun = (run: (id: string) => void) => (): void => {
  const open = openRunNow();
  if (open) run(open.id);
};

export const evaluateActions = {
  start: {
    id: 'evaluate.start',
    label: 'Evaluate',
    scope: 'evaluate',
    group,
    keys: ['Enter'],
    unavailable: () => whyNotStart(evaluateStore.getState()),
    run: startEvaluation,
  },
  stop: {
    id: 'evaluate.stop',
    label: 'Stop the evaluation',
    scope: 'evaluate',
    group,
    unavailable: () => (runningRun(evaluateStore.getState().runs) ? null : 'Nothing is being measured.'),
    run: stopRunning,
  },
  goOn: {
    id: 'evaluate.go-on',
    label: 'Go on with the evaluation',
    scope: 'evaluate',
    group,
    keys: ['G'],
    unavailable: () => {
      const state = openRunNow()?.state;
      return state === 'stopped' || state === 'failed' ? null : 'This evaluation was not stopped.';
    },
    run: withRun(resumeEvaluation),
  },
  create: {
    id: 'evaluate.new',
    label: 'New evaluation',
    scope: 'evaluate',
    group,
    keys: ['Ctrl+N'],
    run: newEvaluation,
  },
  swap: {
    id: 'evaluate.swap',
    label: 'Swap generated and reference',
    scope: 'evaluate',
    group,
    keys: ['X'],
    unavailable: () => whyNotSwap(evaluateStore.getState().draft),
    run: swapSources,
  },
  chooseGenerated: {
    id: 'evaluate.choose-generated',
    label: 'Choose the generated pictures…',
    scope: 'evaluate',
    group,
    run: () => chooseFolder('generated'),
  },
  chooseReference: {
    id: 'evaluate.choose-reference',
    label: 'Choose the reference pictures…',
    scope: 'evaluate',
    group,
    run: () => chooseFolder('reference'),
  },
  chooseStatistics: {
    id: 'evaluate.choose-statistics',
    label: 'Choose reference statistics (.npz)…',
    scope: 'evaluate',
    group,
    run: chooseStatistics,
  },
  noReference: {
    id: 'evaluate.no-reference',
    label: 'Measure without a reference',
    scope: 'evaluate',
    group,
    unavailable: () => (evaluateStore.getState().draft.reference ? null : 'There is no reference.'),
    run: () => changeDraft({ reference: null }),
  },
  choosePrompts: {
    id: 'evaluate.choose-prompts',
    label: 'Choose a prompts file…',
    scope: 'evaluate',
    group,
    run: choosePrompts,
  },
  chooseInception: {
    id: 'evaluate.choose-inception',
    label: 'Choose the FID Inception file…',
    scope: 'evaluate',
    group,
    run: () => chooseNetwork('inception'),
  },
  chooseClip: {
    id: 'evaluate.choose-clip',
    label: 'Choose a CLIP file…',
    scope: 'evaluate',
    group,
    run: () => chooseNetwork('clip'),
  },
  summary: {
    id: 'evaluate.summary',
    label: 'Show the summary',
    scope: 'evaluate',
    group,
    unavailable: needsResult,
    run: () => showTab('summary'),
  },
  pictures: {
    id: 'evaluate.pictures',
    label: 'Show nearest, farthest, best and worst pictures',
    scope: 'evaluate',
    group,
    unavailable: needsResult,
    run: () => showTab('pictures'),
  },
  report: {
    id: 'evaluate.report',
    label: 'Open the report',
    scope: 'evaluate',
    group,
    keys: ['R'],
    unavailable: needsResult,
    run: withRun(openReport),
  },
  saveReport: {
    id: 'evaluate.save-report',
    label: 'Save the report…',
    scope: 'evaluate',
    group,
    unavailable: needsResult,
    run: withRun((id) => exportRun(id, 'html')),
  },
  saveCsv: {
    id: 'evaluate.save-csv',
    label: 'Save as CSV…',
    scope: 'evaluate',
    group,
    unavailable: needsResult,
    run: withRun((id) => exportRun(id, 'csv')),
  },
  saveJson: {
    id: 'evaluate.save-json',
    label: 'Save as JSON…',
    scope: 'evaluate',
    group,
    unavailable: needsResult,
    run: withRun((id) => exportRun(id, 'json')),
  },
  rename: {
    id: 'evaluate.rename',
    label: 'Rename the evaluation',
    scope: 'evaluate',
    group,
    keys: ['F2'],
    unavailable: needsRun,
    run: withRun((renaming) => evaluateStore.setState({ renaming })),
  },
  remove: {
    id: 'evaluate.remove',
    label: 'Take the evaluation off the list',
    scope: 'evaluate',
    group,
    keys: ['Del'],
    unavailable: needsRun,
    run: withRun(removeRun),
  },
} satisfies Record<string, Action>;
