import { expect, it } from 'vitest';
import { findSchedule, findScheduler } from '../../../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';

it('finds every sampler of the list by its own name', () => {
  for (const scheduler of schedulers) expect(findScheduler(scheduler.id)).toBe(scheduler);
  expect(new Set(schedulers.map(({ id }) => id)).size).toBe(schedulers.length);
});

it('an unknown sampler is refused with the list of what there is', () => {
  const names = schedulers.map(({ id }) => id).join(', ');
  expect(() => findScheduler('no-such-sampler')).toThrow(
    `There is no sampler "no-such-sampler": choose one of ${names}.`,
  );
});

it('an unknown schedule is refused with the list of what there is', () => {
  expect(() => findSchedule('no-such-schedule')).toThrow(
    'There is no schedule "no-such-schedule": choose one of normal, karras.',
  );
  expect(findSchedule('karras')).toBe('karras');
});
