import { describe, expect, it } from 'vitest';
import { schedules } from '../../../../native-models/schedulers/find-scheduler.js';
import { schedulers } from '../../../../native-models/schedulers/index.js';
import {
  alphasCumprod,
  interpolate,
  karrasSigmas,
  roundHalfEven,
  sigmaToTimestep,
  trainingSigmas,
} from '../../../../native-models/schedulers/noise-schedules.js';
import { DDPM_DEFAULTS, trainingOptions } from '../../../../native-models/schedulers/scheduler-config.js';
import { SD15 } from './stable-diffusion-config.js';

const training = (config: object) => trainingOptions({ ...SD15, ...config }, DDPM_DEFAULTS, ['epsilon']);

describe('alphas_cumprod', () => {
  it.each(['linear', 'scaled_linear', 'squaredcos_cap_v2'])(
    'of %s betas fall from nearly one to nearly nothing',
    (beta_schedule) => {
      const bars = alphasCumprod(training({ beta_schedule }));
      expect(bars).toHaveLength(1000);
      expect(bars[0]).toBeGreaterThan(0.99);
      expect(bars[999]).toBeLessThan(0.01);
      for (let t = 1; t < bars.length; t++) expect(bars[t]).toBeLessThan(bars[t - 1]!);
    },
  );

  it('with zero terminal SNR keep the first value and end at zero', () => {
    const plain = alphasCumprod(training({}));
    const rescaled = alphasCumprod(training({ rescale_betas_zero_snr: true }));
    expect(rescaled[0]).toBeCloseTo(plain[0]!, 6);
    expect(rescaled[999]).toBe(0);
  });

  it('follow betas that the file lists itself', () => {
    const bars = alphasCumprod(training({ num_train_timesteps: 3, trained_betas: [0.1, 0.2, 0.5] }));
    [0.9, 0.72, 0.36].forEach((value, t) => expect(bars[t]).toBeCloseTo(value, 6));
  });

  it('refuse a list of another length', () => {
    expect(() => training({ trained_betas: [0.1, 0.2] })).toThrow(
      /trained_betas is "a list of 2", expected 1000 numbers/,
    );
  });
});

describe('sigmas', () => {
  const trained = trainingSigmas(alphasCumprod(training({})));

  it('of a timestep lead back to that timestep', () => {
    for (const t of [0, 1, 500, 998, 999]) expect(sigmaToTimestep(trained[t]!, trained)).toBeCloseTo(t, 3);
  });

  it('outside the training range lead to its ends', () => {
    expect(sigmaToTimestep(0, trained)).toBe(0);
    expect(sigmaToTimestep(1e6, trained)).toBe(999);
  });

  it('of karras are one value for one step, the larger end', () => {
    expect(karrasSigmas(10, 0.1, 1)[0]).toBeCloseTo(10, 10);
  });
});

it('interpolation takes the ends outside the table', () => {
  expect([...interpolate([-1, 0, 0.25, 2, 5], Float32Array.of(1, 5, 7))]).toEqual([1, 1, 2, 7, 7]);
});

it('halves are rounded to the even neighbour, as numpy does', () => {
  expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6, 499.5].map(roundHalfEven)).toEqual([0, 2, 2, 4, 2, 3, 500]);
});

describe('every sampler', () => {
  it.each(schedulers)(
    '$id lays a timestep or more for each step, as many on every schedule, all of them in range',
    ({ id, schedule }) => {
      const most = id === 'lcm' ? 50 : 999;
      for (const spacing of ['leading', 'trailing', 'linspace']) {
        for (const { id: name } of schedules) {
          for (let steps = 1; steps <= most; steps += steps < 130 ? 1 : 97) {
            const { timesteps, sigmas } = schedule({ ...SD15, timestep_spacing: spacing }, { steps, schedule: name });
            const calls = schedule(SD15, { steps, schedule: 'normal' }).timesteps.length;
            expect(timesteps, `${spacing} ${name} ${steps}`).toHaveLength(calls);
            expect(calls).toBeGreaterThanOrEqual(steps);
            if (sigmas !== null) expect(sigmas).toHaveLength(calls + 1);
            expect(Math.min(...timesteps)).toBeGreaterThanOrEqual(0);
            expect(Math.max(...timesteps)).toBeLessThanOrEqual(999);
          }
        }
      }
    },
  );
});
