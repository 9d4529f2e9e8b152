import { expect, test } from 'vitest';

import { cosineSimilarity } from '../../../../native-models/metrics/cosine-similarity.js';

test.each<[string, number[], number[], number]>([
  ['the same direction at any length', [1, 2, 3], [10, 20, 30], 1],
  ['opposite directions', [1, -2], [-3, 6], -1],
  ['a right angle', [2, 0], [0, 5], 0],
  ['half a right angle', [1, 0], [1, 1], Math.SQRT1_2],
  ['a vector without a direction', [0, 0], [1, 1], 0],
])('%s', (_, a, b, cosine) => {
  expect(cosineSimilarity(a, b)).toBeCloseTo(cosine, 12);
});

test('never leaves -1 to 1, however the sums round', () => {
  const vector = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 1e-3);
  for (let factor = 1; factor < 100; factor += 0.37) {
    const scaled = Float32Array.from(vector, (value) => value * factor);
    expect(Math.abs(cosineSimilarity(vector, scaled))).toBeLessThanOrEqual(1);
  }
});

test('vectors of different spaces are not compared', () => {
  expect(() => cosineSimilarity([1, 2], [1, 2, 3])).toThrow('vectors of 2 and 3 numbers');
});
