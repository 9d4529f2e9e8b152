import { describe, expect, it } from 'vitest';
import { euler } from '../../../../native-models/schedulers/euler.js';
import { SD15, walkTowards } from './stable-diffusion-config.js';

describe('sigmas', () => {
  it('fall from step to step and end at zero', () => {
    for (const schedule of ['normal', 'karras'] as const) {
      const { sigmas } = euler.schedule(SD15, { steps: 10, schedule });
      expect(sigmas).toHaveLength(11);
      expect(sigmas!.at(-1)).toBe(0);
      for (let i = 1; i < sigmas!.length; i++) expect(sigmas![i]).toBeLessThan(sigmas![i - 1]!);
    }
  });

  it('of karras begin and end with those of normal', () => {
    const normal = euler.schedule(SD15, { steps: 10, schedule: 'normal' });
    const karras = euler.schedule(SD15, { steps: 10, schedule: 'karras' });
    expect(karras.sigmas![0]).toBeCloseTo(normal.sigmas![0]!, 4);
    expect(karras.sigmas![9]).toBeCloseTo(normal.sigmas![9]!, 6);
    expect(karras.timesteps[0]).toBeCloseTo(normal.timesteps[0]!, 2);
  });

  it('are karras under normal too where the config asks for that', () => {
    const asked = euler.schedule({ ...SD15, use_karras_sigmas: true }, { steps: 10, schedule: 'normal' });
    expect(asked).toMatchObject({ sigmas: euler.schedule(SD15, { steps: 10, schedule: 'karras' }).sigmas });
  });
});

it('takes linspace where the config names no spacing, as its class does', () => {
  const { timestep_spacing: _, ...unnamed } = SD15;
  expect(euler.schedule(unnamed, { steps: 3, schedule: 'normal' }).timesteps).toEqual(Float32Array.of(999, 499.5, 0));
});

it('begins with the variance of the picture added where timesteps lead', () => {
  const leading = euler.schedule(SD15, { steps: 10, schedule: 'normal' });
  expect(leading.initNoiseSigma).toBeCloseTo(Math.hypot(leading.sigmas![0]!, 1), 5);
  const trailing = euler.schedule({ ...SD15, timestep_spacing: 'trailing' }, { steps: 10, schedule: 'normal' });
  expect(trailing.initNoiseSigma).toBe(trailing.sigmas![0]);
});

it('shows the network samples of unit variance', () => {
  const plan = euler.schedule(SD15, { steps: 4, schedule: 'normal' });
  const sigma = plan.sigmas![1]!;
  const scaled = plan.scaleModelInput(Float32Array.of(Math.hypot(sigma, 1)), 1);
  expect(scaled[0]).toBeCloseTo(1, 6);
});

it('walks a straight line to the picture that the network sees', () => {
  const original = Float32Array.of(0.5, -0.25);
  const plan = euler.schedule({ ...SD15, prediction_type: 'sample' }, { steps: 6, schedule: 'karras' });
  const last = walkTowards(plan, original, Float32Array.of(1, -1)).at(-1)!;
  last.forEach((value, i) => expect(value).toBeCloseTo(original[i]!, 5));
});

describe('refusals', () => {
  const schedule = (config: object) => () => euler.schedule({ ...SD15, ...config }, { steps: 4, schedule: 'normal' });

  it.each(['use_exponential_sigmas', 'use_beta_sigmas', 'use_flow_sigmas'])('a config that asks for %s', (option) => {
    expect(schedule({ [option]: true })).toThrow(`The scheduler config asks for ${option}, which is not built yet`);
  });

  it('sigmas between the logarithms of two ends, which only video models use', () => {
    expect(schedule({ interpolation_type: 'log_linear' })).toThrow(
      /interpolation_type is "log_linear", expected one of linear/,
    );
  });

  it('continuous timesteps', () => {
    expect(schedule({ timestep_type: 'continuous' })).toThrow(/timestep_type is "continuous"/);
  });
});
