import { ModelError } from '../errors.js';
import { schedulers } from './index.js';
import type { ScheduleName, Scheduler } from './scheduler.js';

/** Schedules as people choose them, in their order. */
export const schedules: readonly { readonly id: ScheduleName; readonly label: string }[] = [
  { id: 'normal', label: 'Normal' },
  { id: 'karras', label: 'Karras' },
];

/** The sampler of this name; refuses an unknown one with the list of what there is. */
export function findScheduler(id: string): Scheduler {
  const found = schedulers.find((scheduler) => scheduler.id === id);
  if (found !== undefined) return found;
  throw new ModelError('bad-input', `There is no sampler "${id}": choose one of ${names(schedulers)}.`);
}

/** The schedule of this name; refuses an unknown one with the list of what there is. */
export function findSchedule(id: string): ScheduleName {
  const found = schedules.find((schedule) => schedule.id === id);
  if (found !== undefined) return found.id;
  throw new ModelError('bad-input', `There is no schedule "${id}": choose one of ${names(schedules)}.`);
}

function names(choices: readonly { readonly id: string }[]): string {
  return choices.map(({ id }) => id).join(', ');
}
