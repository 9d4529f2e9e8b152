import type {
  EvaluationResult,
  EvaluationRun,
  EvaluationSettings,
  MetricResult,
} from '../../../../app/contracts/evaluation.js';
import type { MetricFacts } from '../../../../app/contracts/measures.js';

/** Metrics, settings, runs and results as main tells them. */

const metricOf = (id: string, more: Partial<MetricFacts> = {}): MetricFacts => ({
  ...{ id, label: id.toUpperCase(), hint: '', better: 'lower', needs: 'sets', shownTimes: 1, floor: 100 },
  ...{ captionPrefix: '', byDefault: true, paper: 'Someone 2018' },
  ...more,
});
export const kid = metricOf('kid', { hint: '× 1000', shownTimes: 1000 });
export const fid = metricOf('fid', { floor: 2048 });
export const clip = metricOf('clip', { label: 'CLIP score', better: 'higher', needs: 'captions', floor: 50 });
export const metrics = [kid, fid, clip];

export const settings: EvaluationSettings = {
  generated: { kind: 'folder', path: '/data/run-12' },
  reference: { kind: 'folder', path: '/data/ink' },
  prompts: null,
  mode: 'pytorch-fid',
  inception: null,
  clip: null,
  metrics: ['kid', 'fid'],
  seed: 0,
  against: null,
};

export const runOf = (id: string, more: Partial<EvaluationRun> = {}): EvaluationRun => ({
  id,
  name: id,
  state: 'done',
  settings,
  createdAt: 0,
  finishedAt: 1,
  error: null,
  verdict: `${id} is close.`,
  ...more,
});

export const metricResultOf = (more: Partial<MetricResult> = {}): MetricResult => ({
  ...{ id: 'kid', metric: 'kid', label: 'KID', hint: '× 1000', better: 'lower', shownTimes: 1000, floor: 100 },
  ...{ belowFloor: false, comparable: true, protocol: 'KID[x]', reason: null, interval: 'jackknife' },
  ...{ value: 0.0064, low: 0.0056, high: 0.0072, n: [1000, 1350], bias: null, details: {}, against: null },
  ...more,
});

const set = { label: 'run-12', count: 1000, skipped: [], duplicates: 0, notes: [] };
export const resultOf = (more: Partial<EvaluationResult> = {}): EvaluationResult => ({
  generated: set,
  reference: { ...set, label: 'ink', count: 1350 },
  features: null,
  captions: null,
  mode: 'pytorch-fid',
  metrics: [metricResultOf()],
  verdict: 'run-12 is close to ink.',
  warnings: [],
  map: null,
  nearest: [],
  farthest: [],
  scores: [],
  againstScores: [],
  best: [],
  worst: [],
  notices: [],
  device: 'cpu',
  versions: { inkstone: '0.1.0', onnxruntime: '1.30.0' },
  seconds: { features: 1, measures: 1, total: 2 },
  computed: 10,
  ...more,
});
