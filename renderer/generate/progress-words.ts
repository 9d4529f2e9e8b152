import type { Job, JobProgress } from '../../app/contracts/generation.js';
import { count, duration, plural } from '../words/numbers.js';

/** "Step 12 of 25", or what is done before and after the steps. */
export function phaseWords({ phase, step, steps }: JobProgress, modelName: string, seconds: number): string {
  switch (phase) {
    case 'loading':
      // A model that is there already takes no time worth naming.
      return seconds < 1 ? 'Starting' : `Loading ${modelName} · ${duration(Math.floor(seconds))}`;
    case 'denoising':
      return `Step ${step} of ${steps}`;
    case 'decoding':
      return 'Decoding the picture';
    case 'saving':
      return 'Saving the picture';
  }
}

export const timeLeft = ({ phase, secondsLeft }: JobProgress): string =>
  secondsLeft === null || phase === 'saving' ? '' : `${duration(secondsLeft)} left`;

/** Where a job ended early: "Stopped at step 12 of 25", or between two pictures. */
export function endedWords({ state, step, settings, pictures, count: wanted }: Job): string {
  const verb = state === 'failed' ? 'Failed' : 'Stopped';
  if (step > 0) return `${verb} at step ${step} of ${settings.steps}`;
  if (pictures.length === 0) return `${verb} before the first step`;
  return `${verb} after ${count(pictures.length)} of ${plural(wanted, 'picture')}`;
}
