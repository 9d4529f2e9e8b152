import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { MetricResult } from '../../../../app/contracts/evaluation.js';
import { hintOf, MetricsTable } from '../../../../renderer/evaluate/metrics-table.js';
import { metricResultOf } from './test-runs.js';

/** Cells of each row, as they are read. */
const rowsOf = (metrics: MetricResult[]): string[][] =>
  renderToStaticMarkup(createElement(MetricsTable, { metrics, name: 'run-12', other: 'run-11' }))
    .split('<tr')
    .slice(1)
    .map((row) =>
      row
        .split(/<t[hd][^>]*>/)
        .slice(1)
        .map((cell) => cell.replace(/<[^>]*>/g, '').trim()),
    );

const difference = { value: -0.0019, low: -0.0027, high: -0.0011, clear: true };
const against = { value: 0.0083, difference };

test('a row has value, interval, change, counts and floor', () => {
  expect(rowsOf([metricResultOf({ against })])[1]).toEqual([
    ...['KID × 1000, lower is better', '6.4', '5.6 – 7.2', '−1.9 ± 0.8', 'clear', '1,000 / 1,350', '100'],
  ]);
});
test('a difference that has 0 in it could be chance; runs that cannot be ranked say so', () => {
  const unclear = { ...against, difference: { ...difference, high: 0.001, clear: false } };
  expect(rowsOf([metricResultOf({ against: unclear })])[1]?.[4]).toBe('could be chance');
  expect(rowsOf([metricResultOf({ against: { value: 1, difference: null } })])[1]?.[3]).toBe('not compared');
});
test('alone, there is no column for a change', () => {
  expect(rowsOf([metricResultOf()])).toHaveLength(2);
  expect(rowsOf([metricResultOf()])[1]).toHaveLength(5);
});
test('without a value the reason stands in its place', () => {
  const none = metricResultOf({ value: null, low: null, high: null, reason: 'One picture has no spread.' });
  expect(rowsOf([none])[1]?.[1]).toBe('One picture has no spread.');
});
test('below its floor a metric says how far off it reads', () => {
  const fid = metricResultOf({ label: 'FID', hint: '', shownTimes: 1, belowFloor: true, bias: 9.5713, floor: 2048 });
  expect(hintOf(fid)).toBe('reads about 9.6 too high here');
  expect(rowsOf([fid])[1]?.at(-1)).toBe('2,048, not reached');
  expect(hintOf({ ...fid, belowFloor: false })).toBe('lower is better');
});
test('a number of the embedded network says that it is on a scale of its own; all of them say so once', () => {
  const own = metricResultOf({ comparable: false });
  const mixed = rowsOf([own, metricResultOf({ id: 'clip' })]).map(([first]) => first?.includes('own scale'));
  expect(mixed).toEqual([false, true, false]);
  expect(rowsOf([own, own]).map(([first]) => first?.includes('own scale'))).toEqual([true, false, false]);
});
