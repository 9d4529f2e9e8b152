/**
 * What `normal` means to the samplers whose diffusers class can lay sigmas of several kinds: the kind that the
 * model's own config switches on. `use_karras_sigmas: true` makes `normal` and `karras` one and the same.
 */
import { ModelError } from '../errors.js';
import { booleanOption, type SchedulerConfig } from './scheduler-config.js';
import type { ScheduleName } from './scheduler.js';

/** Kinds that a config can ask for and that are not built yet. */
const NOT_YET = ['use_exponential_sigmas', 'use_beta_sigmas', 'use_lu_lambdas', 'use_flow_sigmas'] as const;

export function ownSchedule(config: SchedulerConfig, asked: ScheduleName): ScheduleName {
  if (asked !== 'normal') return asked;
  for (const option of NOT_YET) {
    if (booleanOption(config, option, false)) {
      throw new ModelError(
        'unsupported',
        `The scheduler config asks for ${option}, which is not built yet: choose the karras schedule.`,
      );
    }
  }
  return booleanOption(config, 'use_karras_sigmas', false) ? 'karras' : 'normal';
}
