import { expect, test } from 'vitest';
import { studentT975 } from '../../../../native-models/metrics/student-t.js';
import { wilsonInterval } from '../../../../native-models/metrics/wilson.js';

test.each([
  [1, 12.706204736],
  [2, 4.3026527297],
  [5, 2.5705818356],
  [24, 2.0638985616],
  [99, 1.9842169516],
  [9999, 1.9602012636],
  [1e6, 1.9599664],
])('Student’s t of %i degrees of freedom is that of the tables', (degrees, t) => {
  expect(studentT975(degrees)).toBeCloseTo(t, 6);
});

test('Wilson’s interval is that of the tables, holds the share, and stays within 0 and 1', () => {
  const half = wilsonInterval(0.5, 10);
  expect(half.low).toBeCloseTo(0.2366, 4);
  expect(half.high).toBeCloseTo(0.7634, 4);
  expect(wilsonInterval(1, 40)).toEqual({ low: expect.closeTo(0.9124, 4), high: 1 });
  expect(wilsonInterval(0, 40)).toEqual({ low: 0, high: expect.closeTo(0.0876, 4) });
});
