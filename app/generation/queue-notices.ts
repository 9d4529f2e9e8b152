import { randomUUID } from 'node:crypto';
import type { Notice } from '../contracts/window.js';

/** The words of the queue's notices; `step` is what the checkpoint holds. */

const goOn = (jobId: string, step: number): Notice['action'] => ({
  do: 'resume-job',
  label: step > 0 ? `Go on from step ${step}` : 'Start again',
  jobId,
});

export function engineCameBack(step: number): Notice {
  return {
    id: randomUUID(),
    tone: 'warn',
    text:
      step > 0
        ? `The engine stopped at step ${step}; it is back, and the step is saved. Going on from step ${step}.`
        : 'The engine stopped before the first step; it is back. Starting the picture again.',
    action: null,
  };
}

export function engineKeepsStopping(jobId: string, step: number): Notice {
  return {
    id: randomUUID(),
    tone: 'bad',
    text: engineKeepsStoppingText(step),
    action: goOn(jobId, step),
  };
}

export function engineKeepsStoppingText(step: number): string {
  return step > 0
    ? `The engine stopped again and again at step ${step}; the step is saved. A smaller picture or another device may help.`
    : 'The engine stopped again and again before the first step. A smaller picture or another device may help.';
}

export function outOfMemory(jobId: string, step: number): Notice {
  return {
    id: randomUUID(),
    tone: 'bad',
    text:
      step > 0
        ? `The engine ran out of memory at step ${step}; it is back, and the step is saved.`
        : 'The engine ran out of memory before the first step; a smaller picture needs less.',
    action: goOn(jobId, step),
  };
}

export function checkpointUnreadable(): Notice {
  return {
    id: randomUUID(),
    tone: 'warn',
    text: 'The saved step of this picture cannot be read; the picture starts again from its first step.',
    action: null,
  };
}

export function queueHalted(reason: string): Notice {
  return { id: randomUUID(), tone: 'bad', text: `The queue stands still: ${reason}`, action: null };
}
