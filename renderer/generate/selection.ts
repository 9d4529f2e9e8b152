import type { Job } from '../../app/contracts/generation.js';
import type { PictureSummary } from '../../app/contracts/gallery.js';
import { recentStore } from '../studio/recent-pictures.js';
import { runningJob, studioStore } from '../studio/studio-store.js';
import { generateStore, type Live, type Selection } from './generate-store.js';

/** What the stage holds, after following the selection to something that is there. */
export type Shown =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'live'; readonly live: Live }
  | { readonly kind: 'picture'; readonly picture: PictureSummary }
  | { readonly kind: 'job'; readonly job: Job };

export function shownBy(
  selection: Selection,
  live: Live | null,
  pictures: readonly PictureSummary[],
  jobs: readonly Job[],
): Shown {
  if (selection.kind === 'picture') {
    const picture = pictures.find(({ id }) => id === selection.id);
    if (picture) return { kind: 'picture', picture };
  }
  if (selection.kind === 'job') {
    const job = jobs.find(({ id, state }) => id === selection.id && (state === 'stopped' || state === 'failed'));
    if (job) return { kind: 'job', job };
  }
  const newest = pictures[0];
  // Until the first preview comes, the last picture stays: the stage never goes blank between two pictures.
  if (live && (live.hasPreview || !newest)) return { kind: 'live', live };
  return newest ? { kind: 'picture', picture: newest } : { kind: 'nothing' };
}

export const shownNow = (): Shown => {
  const { selection, live } = generateStore.getState();
  return shownBy(selection, live, recentStore.getState().pictures, studioStore.getState().queue.jobs);
};

/** Id of the whole picture on the stage, or null. */
export function shownPicture(): PictureSummary | null {
  const shown = shownNow();
  return shown.kind === 'picture' ? shown.picture : null;
}

export const select = (selection: Selection): void => generateStore.setState({ selection, problem: null });

/** Up and down the film: the live shot, stopped jobs, then pictures, newest first. */
export function moveInFilm(step: number): void {
  const { queue } = studioStore.getState();
  const stops: Selection[] = [
    ...(runningJob(queue) ? [{ kind: 'follow' } as const] : []),
    ...brokenJobs(queue.jobs).map(({ id }) => ({ kind: 'job', id }) as const),
    ...recentStore.getState().pictures.map(({ id }) => ({ kind: 'picture', id }) as const),
  ];
  if (stops.length === 0) return;
  const { selection } = generateStore.getState();
  const shown = shownNow();
  const key =
    selection.kind === 'follow' && shown.kind === 'picture' && !runningJob(queue) ? shown.picture.id : keyOf(selection);
  const at = stops.findIndex((stop) => keyOf(stop) === key);
  const next = stops[Math.min(stops.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  if (next) select(next);
}

export const keyOf = (selection: Selection): string => (selection.kind === 'follow' ? 'follow' : selection.id);

/** Jobs that ended early and can go on. */
export const brokenJobs = (jobs: readonly Job[]): Job[] =>
  jobs.filter(({ state }) => state === 'stopped' || state === 'failed');
