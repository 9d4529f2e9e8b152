import { expect, it } from 'vitest';
import { eulerAncestral } from '../../../../native-models/schedulers/euler-ancestral.js';
import { SD15 } from './stable-diffusion-config.js';

it('draws noise in every step, the last one too, and there it counts for nothing', () => {
  const plan = eulerAncestral.schedule(SD15, { steps: 3, schedule: 'normal' });
  expect([0, 1, 2].map((index) => plan.wantsNoise(index))).toEqual([true, true, true]);
  const sample = Float32Array.of(0.5);
  const modelOutput = Float32Array.of(0.1);
  const last = (noise: number): Float32Array =>
    plan.step({ index: 2, sample, modelOutput, history: [], noise: Float32Array.of(noise) }).previous;
  expect(last(1000)).toEqual(last(-1000));
});

it('puts noise of variance sigma_to^2 around the picture that the network sees', () => {
  // epsilon such that D(x; sigma) = 0: the next sample is (sigma_down / sigma) x + sigma_up z
  const plan = eulerAncestral.schedule(SD15, { steps: 4, schedule: 'karras' });
  const [from, to] = plan.sigmas!;
  const sample = Float32Array.of(from!);
  const step = (noise: number): number =>
    plan.step({ index: 0, sample, modelOutput: Float32Array.of(1), history: [], noise: Float32Array.of(noise) })
      .previous[0]!;
  const down = step(0);
  const up = step(1) - down;
  expect(Math.hypot(down, up)).toBeCloseTo(to!, 4);
});

it('without the noise it asked for, says so', () => {
  const plan = eulerAncestral.schedule(SD15, { steps: 2, schedule: 'normal' });
  const sample = Float32Array.of(1);
  expect(() => plan.step({ index: 0, sample, modelOutput: sample, history: [] })).toThrow(/wants noise in every step/);
});

it('a network that predicts the picture itself is refused, as in the reference', () => {
  expect(() =>
    eulerAncestral.schedule({ ...SD15, prediction_type: 'sample' }, { steps: 2, schedule: 'normal' }),
  ).toThrow(/prediction_type is "sample", expected one of epsilon, v_prediction/);
});
