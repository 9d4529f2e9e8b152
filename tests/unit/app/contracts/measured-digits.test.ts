import { describe, expect, test } from 'vitest';
import { showDifference, showMeasure, showNumber } from '../../../../app/contracts/measured-digits.js';

describe('a number and its interval', () => {
  test.each([
    { value: 0.0064, low: 0.0056, high: 0.0072, times: 1000, shown: '6.4', from: '5.6', to: '7.2' },
    { value: 0.412345, low: 0.386, high: 0.44, times: 1, shown: '0.412', from: '0.386', to: '0.440' },
    { value: 31.1987, low: 30.9, high: 31.5, times: 1, shown: '31.2', from: '30.9', to: '31.5' },
    { value: 1234.567, low: 1190, high: 1270, times: 1, shown: '1,235', from: '1,190', to: '1,270' },
    { value: -0.00004, low: -0.0009, high: 0.0008, times: 1000, shown: '0.0', from: '−0.9', to: '0.8' },
  ])('is printed as $shown', ({ value, low, high, times, shown, from, to }) => {
    expect(showMeasure({ value, low, high }, times)).toMatchObject({ value: shown, low: from, high: to });
  });

  test('keeps four digits where no interval is known, and where it has no width', () => {
    expect(showMeasure({ value: 47.8123, low: null, high: null })).toEqual({
      ...{ value: '47.81', low: null, high: null, decimals: 2 },
    });
    expect(showMeasure({ value: 1, low: 1, high: 1 }).value).toBe('1.000');
    expect(showMeasure({ value: 0, low: null, high: null }).value).toBe('0');
  });

  test('is a difference with its sign', () => {
    expect(showDifference({ value: -0.0019, low: -0.0027, high: -0.0011 }, 1000)).toEqual({
      value: '−1.9',
      half: '0.8',
    });
    expect(showDifference({ value: 0.011, low: -0.029, high: 0.051 })).toEqual({ value: '+0.01', half: '0.04' });
  });

  test('has a real minus, and none before zero', () => {
    expect([showNumber(-2.5, 1), showNumber(-0.01, 1), showNumber(12345.6, 0)]).toEqual(['−2.5', '0.0', '12,346']);
  });
});
