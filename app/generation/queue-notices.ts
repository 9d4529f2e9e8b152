import { randomUUID } from 'node:crypto';
import type { Notice } from '../contracts/window.js';

/** The words of the queue's notices; `step` is what the checkpoint holds. */

const goOn = (jobId: string, step: number): Notice['action'] => ({
  do: 'resume-job',
  label: step > 0 ? `Go on from step ${step}` : 'Start again',
  jobId,
});

/** `from` is where the picture really goes on: of very quick steps, the engine does not save each. */
export function engineCameBack(stoppedAt: number, from: number): Notice {
  const where = stoppedAt > 0 ? `at step ${stoppedAt}` : 'before the first step';
  const goesOn = from === 0 ? 'The picture starts again.' : `Going on from step ${from}.`;
  const saved = from === 0 ? '' : from === stoppedAt ? ', and the step is saved' : `, and step ${from} is saved`;
  return {
    id: randomUUID(),
    tone: 'warn',
    text: `The engine stopped ${where}; it is back${saved}. ${goesOn}`,
    action: null,
  };
}

export function engineKeepsStopping(jobId: string, step: number, text: string): Notice {
  return {
    id: randomUUID(),
    tone: 'bad',
    text,
    action: goOn(jobId, step),
  };
}

export function engineKeepsStoppingText(stoppedAt: number, step: number): string {
  const where = stoppedAt > 0 ? `at step ${stoppedAt}` : 'before the first step';
  const saved = step === 0 ? '' : step === stoppedAt ? '; the step is saved' : `; step ${step} is saved`;
  return `The engine stopped again and again ${where}${saved}. A smaller picture or another device may help.`;
}

export function outOfMemory(jobId: string, stoppedAt: number, step: number): Notice {
  const where = stoppedAt > 0 ? `at step ${stoppedAt}` : 'before the first step';
  const saved =
    step === 0
      ? '; a smaller picture needs less'
      : `; it is back, and ${step === stoppedAt ? 'the step' : `step ${step}`} is saved`;
  return {
    id: randomUUID(),
    tone: 'bad',
    text: `The engine ran out of memory ${where}${saved}.`,
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
