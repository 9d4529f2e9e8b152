import type { JobProgress } from '../../app/contracts/generation.js';
import { duration } from '../words/numbers.js';

/** "Step 12 of 25", or what is done before and after the steps. */
export function phaseWords({ phase, step, steps }: JobProgress, modelName: string, seconds: number): string {
  switch (phase) {
    case 'loading':
      // The first second is not worth a number.
      return seconds < 1 ? `Loading ${modelName}` : `Loading ${modelName} · ${duration(Math.floor(seconds))}`;
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
