import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Capabilities } from '../../app/contracts/capabilities.js';
import type { Job, Queue } from '../../app/contracts/generation.js';
import type { Model } from '../../app/contracts/models.js';
import { defaultPreferences, type Preferences } from '../../app/contracts/preferences.js';
import type { EngineStatus } from '../../app/contracts/window.js';
import { plural } from '../words/numbers.js';

/** What main tells about the studio; every panel reads it, only `start.ts` and `preferences.ts` write it. */
export interface StudioState {
  /** False until the first answer; then the rest is real. */
  readonly open: boolean;
  readonly version: string;
  readonly platform: string;
  readonly home: string;
  readonly capabilities: Capabilities;
  readonly models: readonly Model[];
  readonly preferences: Preferences;
  readonly queue: Queue;
  readonly engine: EngineStatus;
}

export const studioStore = createStore<StudioState>(() => ({
  open: false,
  version: '',
  platform: '',
  home: '',
  capabilities: { samplers: [], schedules: [], metrics: [], versions: { inkstone: '', onnxruntime: '' } },
  models: [],
  preferences: defaultPreferences,
  queue: { jobs: [], secondsLeft: null },
  engine: { state: 'starting', device: null, memory: { engine: 0, free: 0, total: 0 } },
}));

export const useStudio = <T>(select: (state: StudioState) => T): T => useStore(studioStore, select);

export const isMac = (): boolean => studioStore.getState().platform === 'darwin';

export const runningJob = (queue: Queue): Job | null => queue.jobs.find((job) => job.state === 'running') ?? null;

export const modelById = (models: readonly Model[], id: string): Model | null =>
  models.find((model) => model.id === id) ?? null;

/** Models that can make a picture. */
export const pictureModels = (models: readonly Model[]): Model[] =>
  models.filter((model) => model.kind === 'diffusion');

/** "5 pictures in 2 jobs", or nothing: header, popup and status bar say the same. */
export function queueWords(queue: Queue): string {
  const pictures = picturesWaiting(queue);
  const jobs = queue.jobs.filter(({ state }) => state === 'running' || state === 'waiting').length;
  if (jobs === 0) return '';
  return jobs === 1 ? plural(pictures, 'picture') : `${plural(pictures, 'picture')} in ${plural(jobs, 'job')}`;
}

/** Pictures that are still to come: of the running job and of those that wait. */
export const picturesWaiting = (queue: Queue): number =>
  queue.jobs
    .filter((job) => job.state === 'running' || job.state === 'waiting')
    .reduce((sum, job) => sum + Math.max(0, job.count - job.pictures.length), 0);
