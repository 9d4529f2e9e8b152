import { describe, expect, test } from 'vitest';
import { histogramOf, niceStep, quantile, ticks } from '../../../../renderer/evaluate/binning.js';
import { mapSentence, shownWords } from '../../../../renderer/evaluate/feature-map.js';
import { marksOf } from '../../../../renderer/evaluate/interval-bar.js';
import { layMap, marksPath, nearestPoint, neighbourPoint } from '../../../../renderer/evaluate/map-layout.js';
import { scoresSentence } from '../../../../renderer/evaluate/scores-figure.js';
import { metricResultOf, resultOf } from './test-runs.js';

describe('a histogram', () => {
  test('counts every score of both runs in the same bins', () => {
    const histogram = histogramOf([30.1, 30.2, 31, 33.9], [28, 30.15]);
    expect(histogram?.counts.reduce((sum, one) => sum + one)).toBe(4);
    expect(histogram?.others.reduce((sum, one) => sum + one)).toBe(2);
    expect(histogram?.counts.length).toBe(histogram?.others.length);
    expect(histogram?.others[0]).toBe(1);
  });
  test('of equal scores is one bar, and of none is none', () => {
    expect(histogramOf([31, 31, 31], [])?.counts).toEqual([3]);
    expect(histogramOf([], [])).toBeNull();
  });
  test('has round bins and marks', () => {
    expect([0.3, 1.1, 2.4, 6, 0.07].map(niceStep)).toEqual([0.5, 2, 2.5, 10, 0.1]);
    expect(ticks(24.2, 36.9, 5)).toEqual([25, 30, 35]);
    expect(ticks(3, 3, 5)).toEqual([3]);
  });
  test('is told in a sentence', () => {
    expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
    expect(scoresSentence([29, 30, 31, 32, 33], [28, 29], 'run-12', 'run-11')).toBe(
      'Half of run-12 scores 30.0 to 32.0; its middle is 31.0, that of run-11 28.5.',
    );
    expect(scoresSentence([31.24], [], 'one', '')).toBe('The one picture of one has 31.2.');
  });
});

const at = (index: number, x: number, y: number) => ({ index, x, y });
const map = {
  generated: [at(0, -1, 0), at(1, 1, 0)],
  reference: [at(0, 0, 2), at(5, 0, -2)],
  shares: [0.31, 0.12] as [number, number],
};

describe('the map', () => {
  const points = layMap(map, { width: 360, height: 232 });
  test('has one scale in both directions, and up is up', () => {
    const [left, right, top, bottom] = points;
    expect((right?.x ?? 0) - (left?.x ?? 0)).toBeCloseTo(((bottom?.y ?? 0) - (top?.y ?? 0)) / 2);
    for (const { x, y } of points) {
      expect(x).toBeGreaterThanOrEqual(10);
      expect(x).toBeLessThanOrEqual(350);
      expect(y).toBeGreaterThanOrEqual(10 - 1e-9);
      expect(y).toBeLessThanOrEqual(222 + 1e-9);
    }
  });
  test('draws a single picture in the middle', () => {
    const one = layMap({ ...map, generated: [at(0, 7, 7)], reference: [] }, { width: 100, height: 60 });
    expect(one).toEqual([{ set: 'generated', index: 0, x: 50, y: 30 }]);
  });
  test('draws every mark of a set in one path', () => {
    expect(marksPath(points, 'generated').match(/M/g)).toHaveLength(2);
    expect(marksPath(points, 'reference').match(/z/g)).toHaveLength(2);
    const many = Array.from({ length: 1001 }, () => points[0] ?? { set: 'generated' as const, ...at(0, 0, 0) });
    expect(marksPath(many, 'generated')).toMatch(/a1\.32/);
  });
  test('knows the picture under the pointer, and the next one in a direction', () => {
    const [left, right, top] = points;
    if (!left || !right || !top) throw new Error('points are missing');
    expect(nearestPoint(points, left.x + 3, left.y - 3, 12)).toBe(left);
    expect(nearestPoint(points, left.x + 20, left.y, 12)).toBeNull();
    expect(neighbourPoint(points, left, { x: 1, y: 0 })).toBe(right);
    expect(neighbourPoint(points, top, { x: 0, y: -1 })).toBe(top);
  });
  test('says what it shows, and how much of it can be seen', () => {
    expect(mapSentence(map)).toBe(
      'The middles of both sets are 0.00 apart; the generated pictures are spread 0.5 times as wide as the reference. The two axes show 43 % of the variance.',
    );
    expect(mapSentence({ ...map, reference: [] })).toBe('The two axes show 43 % of the variance.');
    expect(shownWords(map, resultOf())).toBe('4 of 2,350 shown');
  });
});

describe('the axis of a row', () => {
  test('holds the interval and the other run', () => {
    const marks = marksOf(metricResultOf({ against: { value: 0.0083, difference: null } }));
    if (!marks) throw new Error('there are no marks');
    const { low, value, high, other } = marks;
    expect(0 < (low ?? 0) && (low ?? 0) < value && value < (high ?? 0)).toBe(true);
    expect((high ?? 0) < (other ?? 0) && (other ?? 0) < 1).toBe(true);
  });
  test('begins at 0, or below it where the interval does', () => {
    const bare = marksOf(metricResultOf({ low: null, high: null }));
    expect(bare?.value).toBeCloseTo(1 / 1.06);
    expect(bare).toMatchObject({ low: null, high: null, other: null });
    const below = marksOf(metricResultOf({ value: 0, low: -0.001, high: 0.001 }));
    expect(below?.value).toBeCloseTo(0.5);
    expect(below?.low).toBeGreaterThan(0);
    expect(marksOf(metricResultOf({ value: 0, low: null, high: null }))?.value).toBe(0);
  });
  test('of a share is all of it, so that a narrow interval looks narrow', () => {
    const share = { value: 0.6, low: 0.55, high: 0.65, against: { value: 0.9, difference: null } };
    for (const metric of ['precision', 'recall', 'coverage']) {
      const expected = { value: 0.6, low: 0.55, high: 0.65, other: 0.9 };
      expect(marksOf(metricResultOf({ ...share, metric }))).toEqual(expected);
    }
    expect(marksOf(metricResultOf({ ...share, metric: 'density' }))?.other).toBeCloseTo(1 / 1.06);
  });
  test('of no number is none', () => {
    expect(marksOf(metricResultOf({ value: null }))).toBeNull();
  });
});
