import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../native-models/errors.js';
import { ddim } from '../../../../native-models/schedulers/ddim.js';
import { SD15, walkTowards } from './stable-diffusion-config.js';

const timesteps = (config: object, steps: number): number[] => [
  ...ddim.schedule({ ...SD15, ...config }, { steps, schedule: 'normal' }).timesteps,
];

describe('timesteps', () => {
  it('leading ones count up from the offset', () => {
    expect(timesteps({}, 4)).toEqual([751, 501, 251, 1]);
    expect(timesteps({ steps_offset: 0 }, 4)).toEqual([750, 500, 250, 0]);
  });

  it('trailing ones count down from the last', () => {
    expect(timesteps({ timestep_spacing: 'trailing' }, 4)).toEqual([999, 749, 499, 249]);
  });

  it('linspace has both ends, halves rounded to even', () => {
    expect(timesteps({ timestep_spacing: 'linspace' }, 3)).toEqual([999, 500, 0]);
  });

  it('one step is the offset alone for leading, the last timestep for trailing', () => {
    expect(timesteps({}, 1)).toEqual([1]);
    expect(timesteps({ timestep_spacing: 'trailing' }, 1)).toEqual([999]);
    expect(timesteps({ timestep_spacing: 'linspace' }, 1)).toEqual([0]);
  });

  it('61 trailing steps are 61, though 61 times 1000 / 61 falls short of 1000', () => {
    const laid = timesteps({ timestep_spacing: 'trailing' }, 61);
    expect(laid).toHaveLength(61);
    expect(laid.at(-1)).toBe(15);
  });
});

it('a network that always sees the same picture is brought exactly there when alpha ends at one', () => {
  const original = Float32Array.of(0.5, -0.25, 0.125);
  const config = { ...SD15, prediction_type: 'sample', set_alpha_to_one: true };
  const plan = ddim.schedule(config, { steps: 5, schedule: 'normal' });
  expect(walkTowards(plan, original, Float32Array.of(1, -1, 2)).at(-1)).toEqual(original);
});

it('asks for no noise, not even in its first step', () => {
  const plan = ddim.schedule(SD15, { steps: 3, schedule: 'normal' });
  expect([0, 1, 2].map((index) => plan.wantsNoise(index))).toEqual([false, false, false]);
});

describe('refusals', () => {
  const schedule = (config: object, steps: number) => () =>
    ddim.schedule({ ...SD15, ...config }, { steps, schedule: 'normal' });

  it('more steps than timesteps', () => {
    expect(schedule({}, 1001)).toThrow(ModelError);
    expect(schedule({}, 1001)).toThrow(
      '1001 steps are more than the 1000 timesteps this model was trained with: choose fewer.',
    );
  });

  it.each([0, -1, 2.5, NaN])('%d steps', (steps) => {
    expect(schedule({}, steps)).toThrow(/no number of steps: choose a whole number from 1/);
  });

  it('an offset that reaches past the last timestep', () => {
    expect(schedule({}, 1000)).toThrow(/begin at timestep 1000, and this model knows 0 to 999/);
  });

  it('a prediction type that it does not know, by name', () => {
    expect(schedule({ prediction_type: 'flow_prediction' }, 4)).toThrow(
      'The scheduler config says prediction_type is "flow_prediction", expected one of epsilon, sample, v_prediction, for this sampler.',
    );
  });

  it('epsilon from pure noise', () => {
    expect(schedule({ rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }, 4)).toThrow(/zero terminal SNR/);
  });
});
