import { describe, expect, test } from 'vitest';
import {
  fillOf,
  nudge,
  readNumber,
  scrub,
  settle,
  shareOf,
  toGrain,
  valueAt,
} from '../../../../renderer/components/slider-arithmetic.js';
import { GUIDANCE, STEPS, STRENGTH } from '../../../../renderer/generate/ranges.js';

const plain = { shiftKey: false, altKey: false };
const shift = { shiftKey: true, altKey: false };
const alt = { shiftKey: false, altKey: true };

describe('an arrow key', () => {
  test('moves by one step, ten with Shift, a tenth with Alt', () => {
    expect(nudge(7, 1, GUIDANCE, plain)).toBe(7.5);
    expect(nudge(7, 1, GUIDANCE, shift)).toBe(12);
    expect(nudge(7, -1, GUIDANCE, alt)).toBe(6.95);
  });

  test('never moves a whole number by a fraction', () => {
    expect(nudge(20, 1, STEPS, alt)).toBe(21);
  });

  test('stops at the hard ends, not at the soft ones', () => {
    expect(nudge(60, 1, STEPS, plain)).toBe(61);
    expect(nudge(1000, 1, STEPS, shift)).toBe(1000);
    expect(nudge(1, -1, STEPS, shift)).toBe(1);
  });
});

test('dust of binary fractions does not gather', () => {
  let value = 0;
  for (let step = 0; step < 7; step += 1) value = nudge(value, 1, GUIDANCE, alt);
  expect(value).toBe(0.35);
  expect(toGrain(0.1 + 0.2, 0.05)).toBe(0.3);
});

test('a drag on the label counts four pixels a step', () => {
  expect(scrub(20, 40, STEPS, plain)).toBe(30);
  expect(scrub(20, -41, STEPS, plain)).toBe(10);
  expect(scrub(20, 3, STEPS, plain)).toBe(20);
});

describe('what is typed', () => {
  test('may go beyond the soft range up to the hard one', () => {
    expect(readNumber('150', STEPS)).toBe(150);
    expect(readNumber('5000', STEPS)).toBe(1000);
    expect(readNumber('0', STEPS)).toBe(1);
  });

  test('may have a comma, spaces or a true minus', () => {
    expect(readNumber(' 7,25 ', GUIDANCE)).toBe(7.25);
    expect(readNumber('−3', GUIDANCE)).toBe(0);
  });

  test('is refused when it is no number', () => {
    expect(readNumber('seven', GUIDANCE)).toBeNull();
    expect(readNumber('', GUIDANCE)).toBeNull();
    expect(readNumber('1e3', STEPS)).toBeNull();
  });
});

test('the knob stays on the track for values beyond it', () => {
  expect(shareOf(150, STEPS)).toBe(1);
  expect(shareOf(0, GUIDANCE)).toBe(0);
  expect(valueAt(0.5, STEPS)).toBe(31);
  expect(settle(7.03, GUIDANCE)).toBe(7.05);
});

describe('a slider that goes both ways', () => {
  test('is filled from zero to where it stands', () => {
    expect(fillOf(0.8, STRENGTH)).toEqual({ from: 0.5, to: 0.7 });
    expect(fillOf(-1, STRENGTH)).toEqual({ from: 0.25, to: 0.5 });
    expect(fillOf(100, STRENGTH)).toEqual({ from: 0.5, to: 1 });
  });

  test('is dragged in steps that hit round strengths, while keys go finer', () => {
    expect(valueAt(0.703, STRENGTH)).toBe(0.8);
    expect(valueAt(0.5, STRENGTH)).toBe(0);
    expect(nudge(0.8, 1, STRENGTH, alt)).toBe(0.805);
  });

  test('takes typed strengths up to a hundred, and says where it stops', () => {
    expect(readNumber('−3,5', STRENGTH)).toBe(-3.5);
    expect(readNumber('250', STRENGTH)).toBe(100);
  });
});

test('a slider of one side is filled from its left end', () => {
  expect(fillOf(GUIDANCE.max, GUIDANCE)).toEqual({ from: 0, to: 1 });
});
