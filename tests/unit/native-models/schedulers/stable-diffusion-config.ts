import type { SchedulerConfig } from '../../../../native-models/schedulers/scheduler-config.js';
import { NO_HISTORY, type History, type Schedule } from '../../../../native-models/schedulers/scheduler.js';

/** What Stable Diffusion 1.5 folders say, with the spacing and the prediction written out. */
export const SD15: SchedulerConfig = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  prediction_type: 'epsilon',
  timestep_spacing: 'leading',
};

/** Drives a whole schedule with a network that sees `original` in every sample: the samples after each step. */
export function walkTowards(plan: Schedule, original: Float32Array, noise: Float32Array): Float32Array[] {
  let sample: Float32Array = noise.map((value) => value * plan.initNoiseSigma);
  let history: History = NO_HISTORY;
  return [...plan.timesteps.keys()].map((index) => {
    const fresh = plan.wantsNoise(index) ? { noise } : {};
    ({ previous: sample, history } = plan.step({ index, sample, modelOutput: original, history, ...fresh }));
    return sample;
  });
}
