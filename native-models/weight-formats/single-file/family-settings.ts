/**
 * What each family's own configs say and no tensor tells: the noise schedule, in the form of diffusers'
 * `scheduler_config.json` of stable-diffusion-v1-5, -2-1 and -xl-base-1.0.
 */
import type { JsonObject } from '../../architectures/config-reader.js';
import type { DiffusionFamily } from '../picture-model.js';
import type { FoundPrediction } from './prediction.js';

const common = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  steps_offset: 1,
  clip_sample: false,
} as const;

const schedulers: Readonly<Record<DiffusionFamily, JsonObject>> = {
  sd1: common,
  sd2: common,
  sdxl: { ...common, timestep_spacing: 'leading' },
};

export function schedulerConfigOf(
  family: DiffusionFamily,
  { prediction, zeroTerminalSnr }: FoundPrediction,
): JsonObject {
  return {
    ...schedulers[family],
    prediction_type: prediction,
    // Such a model is meant to be begun at its last timestep (Lin and others 2023, section 3.3).
    ...(zeroTerminalSnr ? { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' } : {}),
  };
}
