/** The edges of the samplers; their agreement with transformers is in tests/parity/language-text.test.ts. */
import { describe, expect, it } from 'vitest';
import { draw } from '../../../../native-models/sampling/draw.js';
import { greedy } from '../../../../native-models/sampling/greedy.js';
import { logProbabilities } from '../../../../native-models/sampling/log-probabilities.js';
import { minP } from '../../../../native-models/sampling/min-p.js';
import { repetitionPenalty } from '../../../../native-models/sampling/repetition-penalty.js';
import { sample } from '../../../../native-models/sampling/sample.js';
import { softmax } from '../../../../native-models/sampling/softmax.js';
import { temperature } from '../../../../native-models/sampling/temperature.js';
import { topIds } from '../../../../native-models/sampling/top-ids.js';
import { topK } from '../../../../native-models/sampling/top-k.js';
import { topP } from '../../../../native-models/sampling/top-p.js';
import { TorchGenerator } from '../../../../native-models/noise/torch-generator.js';

/** Probabilities 0.5, 0.25, 0.125, 0.125. */
const LOGITS = Float32Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
const kept = (logits: Float32Array): number[] => [...logits.keys()].filter((id) => logits[id] !== -Infinity);
const PLAIN = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };

it('greedy takes the lowest id among ties, and no token that is ruled out', () => {
  expect(greedy(Float32Array.of(-Infinity, 3, 1, 3))).toBe(1);
  expect(greedy(Float32Array.of(-5, -4, -Infinity))).toBe(1);
});

it('the top ids are those of a whole sort, equals by their ids', () => {
  const generator = new TorchGenerator(3);
  const logits = generator.rand(500).map((value) => Math.round(value * 50)); // many equals
  const sorted = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
  for (const k of [0, 1, 2, 3, 20, 499, 500, 600]) expect(topIds(logits, k)).toEqual(sorted.slice(0, k));
});

describe('top-p', () => {
  it.each([
    [0, [0]],
    [0.5, [0]],
    [0.51, [0, 1]],
    [0.76, [0, 1, 2]],
    [1, [0, 1, 2, 3]],
  ])('%d keeps up to the token that crosses it', (p, ids) => {
    expect(kept(topP(LOGITS, p))).toEqual(ids);
  });

  it('is that of a whole sort on a large vocabulary', () => {
    const logits = new TorchGenerator(4).randn(5000).map((value) => value * 4);
    const probabilities = softmax(logits);
    for (const p of [0.2, 0.9, 0.99, 0.9999]) {
      const sorted = [...logits.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
      let sum = 0;
      const count = sorted.findIndex((id) => (sum += probabilities[id]!) >= p) + 1;
      expect(kept(topP(logits, p))).toEqual(sorted.slice(0, count).sort((a, b) => a - b));
    }
  });
});

it('top-k 0 keeps all, and all equals of the k-th stay', () => {
  expect(kept(topK(LOGITS, 0))).toHaveLength(4);
  expect(kept(topK(LOGITS, 3))).toEqual([0, 1, 2, 3]);
  expect(kept(topK(LOGITS, 2))).toEqual([0, 1]);
});

it('min-p keeps what is at least p times as likely as the likeliest', () => {
  expect(kept(minP(LOGITS, 0.49))).toEqual([0, 1]);
  expect(kept(minP(LOGITS, 0))).toHaveLength(4);
  expect(kept(minP(LOGITS, 1))).toEqual([0]);
});

it('the repetition penalty counts a token once and leaves the logits as they are', () => {
  const logits = Float32Array.of(2, -2, 1);
  expect([...repetitionPenalty(logits, [0, 0, 1, 99], 2)]).toEqual([1, -4, 1]);
  expect([...logits]).toEqual([2, -2, 1]);
});

it('a tiny temperature takes the likeliest, without running out of numbers', () => {
  expect([...softmax(temperature(LOGITS, 1e-30))]).toEqual([1, 0, 0, 0]);
});

describe('a draw', () => {
  it.each([
    [0, 0],
    [0.499, 0],
    [0.501, 1],
    [0.749, 1],
    [0.751, 2],
    [0.876, 3],
    [1 - 2 ** -24, 3],
  ])('at %d takes id %d', (uniform, id) => {
    expect(draw(LOGITS, uniform)).toBe(id);
  });

  it('never takes what is ruled out', () => {
    expect(draw(Float32Array.of(-Infinity, 0, -Infinity), 0)).toBe(1);
    expect(draw(Float32Array.of(-Infinity, 0, -Infinity), 1 - 2 ** -24)).toBe(1);
  });

  it('takes each as often as it is likely', () => {
    const generator = new TorchGenerator(5);
    const counts = [0, 0, 0, 0];
    for (const uniform of generator.rand(20_000)) counts[draw(LOGITS, uniform)]!++;
    // four standard deviations of a binomial are at most 283
    [10_000, 5000, 2500, 2500].forEach((expected, id) => expect(Math.abs(counts[id]! - expected)).toBeLessThan(283));
  });
});

it('a sample goes through all samplers, and asks for no random number when greedy', () => {
  const noNumber = (): number => {
    throw new Error('asked');
  };
  expect(sample(LOGITS, [], { ...PLAIN, temperature: 0 }, noNumber)).toBe(0);
  expect(sample(LOGITS, [0], { ...PLAIN, temperature: 0, repetitionPenalty: 9 }, noNumber)).toBe(1);
  expect(sample(LOGITS, [], { ...PLAIN, topK: 2 }, () => 0.999)).toBe(1);
  expect(sample(LOGITS, [], { ...PLAIN, topP: 0.5 }, () => 0.999)).toBe(0);
  expect(sample(LOGITS, [], { ...PLAIN, minP: 0.4 }, () => 0.999)).toBe(1);
  expect(sample(LOGITS, [], PLAIN, () => 0.999)).toBe(3);
});

it('log-probabilities tell the chosen token and the likeliest, whatever was chosen', () => {
  const { id, logprob, top } = logProbabilities(LOGITS, 3, 2);
  expect(id).toBe(3);
  expect(Math.exp(logprob)).toBeCloseTo(0.125, 6);
  expect(top.map((rival) => [rival.id, Number(Math.exp(rival.logprob).toFixed(6))])).toEqual([
    [0, 0.5],
    [1, 0.25],
  ]);
});
