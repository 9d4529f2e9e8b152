import { describe, expect, it } from 'vitest';
import { lcm } from '../../../../native-models/schedulers/lcm.js';
import type { Schedule } from '../../../../native-models/schedulers/scheduler.js';
import { SD15 } from './stable-diffusion-config.js';

const schedule = (config: object, steps: number): Schedule =>
  lcm.schedule({ ...SD15, ...config }, { steps, schedule: 'normal' });

it('takes its timesteps out of the fifty of distillation, whatever the spacing', () => {
  expect([...schedule({}, 4).timesteps]).toEqual([999, 759, 499, 259]);
  expect([...schedule({ timestep_spacing: 'trailing' }, 1).timesteps]).toEqual([999]);
});

it('wants noise in every step but the last', () => {
  const plan = schedule({}, 3);
  expect([0, 1, 2].map((index) => plan.wantsNoise(index))).toEqual([true, true, false]);
});

it('ends at its own prediction', () => {
  const plan = schedule({ prediction_type: 'sample' }, 2);
  const { previous, predictedOriginal } = plan.step({
    index: 1,
    sample: Float32Array.of(1),
    modelOutput: Float32Array.of(0.5),
    history: [],
  });
  expect(previous).toEqual(predictedOriginal);
  expect(previous[0]).toBeCloseTo(0.5, 3); // c_skip is all but 0 away from t = 0
});

it('uses the fractional timesteps of euler under karras', () => {
  const plan = lcm.schedule(SD15, { steps: 4, schedule: 'karras' });
  expect([...plan.timesteps].some((t) => !Number.isInteger(t))).toBe(true);
});

describe('refusals', () => {
  it('more steps than the model was distilled on', () => {
    expect(() => schedule({}, 51)).toThrow('LCM takes at most 50 steps, got 51: 4 to 8 are usual.');
    expect(() => schedule({ original_inference_steps: 20 }, 21)).toThrow(/at most 20 steps/);
  });

  it('more distillation steps than timesteps', () => {
    expect(() => schedule({ original_inference_steps: 2000 }, 4)).toThrow(
      /original_inference_steps is 2000, expected at most/,
    );
  });

  it('a missing noise', () => {
    const sample = Float32Array.of(1);
    expect(() => schedule({}, 2).step({ index: 0, sample, modelOutput: sample, history: [] })).toThrow(/wants noise/);
  });
});
