import { expect, it } from 'vitest';
import { findSchedule, findScheduler } from '../../../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';

it('finds every sampler of the list by its own name', () => {
  for (const scheduler of schedulers) expect(findScheduler(scheduler.id)).toBe(scheduler);
  expect(new Set(schedulers.map(({ id }) => id)).size).toBe(schedulers.length);
});

it('an unknown sampler is refused with the list of what there is', () => {
  expect(() => findScheduler('heun')).toThrow(
    'There is no sampler "heun": choose one of ddim, euler, euler_a, dpmpp_2m, lcm.',
  );
});

it('an unknown schedule is refused with the list of what there is', () => {
  expect(() => findSchedule('beta')).toThrow('There is no schedule "beta": choose one of normal, karras.');
  expect(findSchedule('karras')).toBe('karras');
});
