import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { EventOf } from '../../app/contracts/window.js';
import { ask, asStudioError } from '../bridge.js';
import { reportProblem, say, showToast } from '../studio/notices.js';
import { count, duration, fixed, plural } from '../words/numbers.js';
import { galleryStore } from './gallery-store.js';

/** CLIP scores of the gallery: asked for by a person, computed in the background, told in the status bar. */

type Scoring = EventOf<'gallery.score-progress'>;

/** Null while nothing is scored. */
export const scoringStore = createStore<{ readonly scoring: Scoring | null }>(() => ({ scoring: null }));
export const useScoring = <T>(select: (scoring: Scoring | null) => T): T =>
  useStore(scoringStore, ({ scoring }) => select(scoring));

export function scorePictures(ids: readonly string[]): void {
  if (ids.length === 0 || scoringStore.getState().scoring) return;
  scoringStore.setState({ scoring: { done: 0, of: ids.length, secondsLeft: null } });
  ask('gallery.score', { ids: [...ids] })
    .then(
      ({ scored, notices }) => {
        say(`${plural(scored, 'picture')} scored`);
        for (const text of notices) showToast({ id: `score ${text}`, tone: 'info', text, action: null });
      },
      (error: unknown) => {
        if (asStudioError(error).kind !== 'cancelled') reportProblem(error);
      },
    )
    .finally(() => scoringStore.setState({ scoring: null }));
}

export const stopScoring = (): void => void ask('gallery.stop-scoring', {}).catch(reportProblem);

/** One that comes after the end is late. */
export function hearScoring(scoring: Scoring): void {
  if (scoringStore.getState().scoring) scoringStore.setState({ scoring });
}

/** "CLIP scores · 12 of 40 · 3 s left". */
export const scoringWords = ({ done, of, secondsLeft }: Scoring): string =>
  `CLIP scores · ${count(done)} of ${count(of)}${secondsLeft === null ? '' : ` · ${duration(secondsLeft)} left`}`;

/** "31.2". */
export const scoreWords = (score: number): string => fixed(score, 1);

/** What the figure on a card is, and what it is not. */
export const scoreHint = (score: number): string =>
  `CLIP score ${scoreWords(score)}: how well the picture follows its prompt. The embedded CLIP gives it unless Evaluate has one of yours: compare these with each other, not with published scores.`;

/** Pictures of the list that is shown that have no score yet; those whose file is gone cannot get one. */
export const unscored = (): string[] =>
  galleryStore
    .getState()
    .pictures.filter(({ clipScore, missing }) => clipScore === null && !missing)
    .map(({ id }) => id);
