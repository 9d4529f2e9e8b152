import { describe, expect, it } from 'vitest';
import { dpmSolverMultistep } from '../../../../native-models/schedulers/dpm-solver-multistep.js';
import type { Schedule } from '../../../../native-models/schedulers/scheduler.js';
import { SD15, walkTowards } from './stable-diffusion-config.js';

const predictsPictures = { ...SD15, prediction_type: 'sample' };
const schedule = (config: object, steps: number): Schedule =>
  dpmSolverMultistep.schedule({ ...SD15, ...config }, { steps, schedule: 'normal' });

describe('timesteps', () => {
  it('are one more than steps, the last left out', () => {
    expect([...schedule({ timestep_spacing: 'linspace' }, 4).timesteps]).toEqual([999, 749, 500, 250]);
    expect([...schedule({}, 4).timesteps]).toEqual([801, 601, 401, 201]);
  });

  it('of karras are whole numbers', () => {
    const { timesteps } = dpmSolverMultistep.schedule(SD15, { steps: 7, schedule: 'karras' });
    expect([...timesteps].every(Number.isInteger)).toBe(true);
  });

  it('start later where the log-SNR is cut off', () => {
    const cosine = { beta_schedule: 'squaredcos_cap_v2', timestep_spacing: 'linspace', lambda_min_clipped: -5.1 };
    expect(schedule(cosine, 4).timesteps[0]).toBeLessThan(999);
  });
});

describe('the order of a step', () => {
  const plan = dpmSolverMultistep.schedule(predictsPictures, { steps: 3, schedule: 'normal' });
  const sample = Float32Array.of(1);
  const at = (index: number, before: number[]): number =>
    plan.step({ index, sample, modelOutput: Float32Array.of(0.5), history: before.map((x) => Float32Array.of(x)) })
      .previous[0]!;

  it('is two in the middle: what the step before saw counts', () => {
    expect(at(1, [0.4])).not.toBe(at(1, [0.6]));
    expect(at(1, [0.5])).toBe(at(1, []));
  });

  it('is one at the end, where the noise goes to zero', () => {
    expect(at(2, [0.4])).toBe(at(2, [0.6]));
    expect(at(2, [0.4])).toBe(0.5);
  });

  it('hands on the one prediction that the next step looks back on', () => {
    const { history, predictedOriginal } = plan.step({ index: 0, sample, modelOutput: sample, history: [] });
    expect(history).toEqual([predictedOriginal]);
  });
});

it('brings a network that always sees the same picture exactly there', () => {
  const original = Float32Array.of(0.5, -0.25);
  const plan = dpmSolverMultistep.schedule(predictsPictures, { steps: 5, schedule: 'karras' });
  expect(walkTowards(plan, original, Float32Array.of(1, -1)).at(-1)).toEqual(original);
});

describe('refusals', () => {
  it('flow models, by the name of their prediction', () => {
    expect(() => schedule({ prediction_type: 'flow_prediction' }, 4)).toThrow(
      /"flow_prediction", expected one of epsilon/,
    );
  });

  it('a solver type that nobody knows', () => {
    expect(() => schedule({ solver_type: 'simpson' }, 4)).toThrow(/solver_type is "simpson"/);
  });

  it('an option of the wrong type', () => {
    expect(() => schedule({ lower_order_final: 'yes' }, 4)).toThrow(
      /lower_order_final is "yes", expected true or false/,
    );
  });
});
