import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type {
  EvaluationProgress,
  EvaluationResult,
  EvaluationRun,
  EvaluationSettings,
  PictureSource,
  SourceLook,
} from '../../app/contracts/evaluation.js';
import type { StudioError } from '../../app/contracts/studio-error.js';

/** What is to be measured, as the column has it; nothing needs to be chosen yet. */
export interface Draft extends Omit<EvaluationSettings, 'generated' | 'metrics'> {
  readonly generated: PictureSource | null;
  /** Null: every metric there is. */
  readonly metrics: readonly string[] | null;
}

/** What a source holds, once it has been looked at. */
export type Look =
  | { readonly state: 'looking' }
  | { readonly state: 'seen'; readonly look: SourceLook }
  | { readonly state: 'problem'; readonly error: StudioError };

/** A run that is shown, with what came out of it. */
export interface OpenRun {
  readonly id: string;
  readonly state: 'loading' | 'ready';
  readonly result: EvaluationResult | null;
  readonly problem: StudioError | null;
}

export type Tab = 'summary' | 'pictures' | 'skipped';

/** The Evaluate panel. */
export interface EvaluateState {
  readonly draft: Draft;
  /** What was being put together when a run was opened. */
  readonly setAside: Draft | null;
  /** By `sourceKey`. */
  readonly looks: ReadonlyMap<string, Look>;
  /** Newest first. */
  readonly runs: readonly EvaluationRun[];
  readonly listed: boolean;
  readonly listProblem: StudioError | null;
  /** The run that is shown; null while a new one is put together. */
  readonly open: OpenRun | null;
  readonly tab: Tab;
  /** Of the run that is measured now. */
  readonly progress: EvaluationProgress | null;
  /** A request was sent and main has not answered yet. */
  readonly asking: boolean;
  /** A request of this panel that was refused. */
  readonly problem: StudioError | null;
  readonly renaming: string | null;
}

export const emptyDraft: Draft = {
  generated: null,
  reference: null,
  prompts: null,
  mode: 'pytorch-fid',
  inception: null,
  clip: null,
  metrics: null,
  seed: 0,
  against: null,
};

export const evaluateStore = createStore<EvaluateState>(() => ({
  draft: emptyDraft,
  setAside: null,
  looks: new Map(),
  runs: [],
  listed: false,
  listProblem: null,
  open: null,
  tab: 'summary',
  progress: null,
  asking: false,
  problem: null,
  renaming: null,
}));

export const useEvaluate = <T>(select: (state: EvaluateState) => T): T => useStore(evaluateStore, select);

export const runById = (runs: readonly EvaluationRun[], id: string | null | undefined): EvaluationRun | null =>
  runs.find((run) => run.id === id) ?? null;

export const runningRun = (runs: readonly EvaluationRun[]): EvaluationRun | null =>
  runs.find(({ state }) => state === 'running') ?? null;
