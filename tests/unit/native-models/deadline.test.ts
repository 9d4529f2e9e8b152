import { expect, it } from 'vitest';
import { withDeadline } from '../../../native-models/deadline.js';

it('gives back what the work returns, and throws what it throws', () => {
  expect(withDeadline(1000, 'late', () => [1, 2])).toEqual([1, 2]);
  const fault = new TypeError('own');
  expect(() =>
    withDeadline(1000, 'late', () => {
      throw fault;
    }),
  ).toThrow(fault);
});

it('breaks off a loop that has no end', () => {
  const began = performance.now();
  const work = (): void => {
    for (;;);
  };
  expect(() => withDeadline(100, 'It does not end.', work)).toThrow(
    expect.objectContaining({ kind: 'unfit-model', message: 'It does not end.' }),
  );
  expect(performance.now() - began).toBeLessThan(2000);
});

it('breaks off a regular expression that backtracks for ever', () => {
  expect(() => withDeadline(100, 'It does not end.', () => /^(a+)+$/.test('a'.repeat(60) + 'b'))).toThrow('not end');
});

it('cannot be outlived by catching its error', () => {
  const work = (): void => {
    for (;;) {
      try {
        for (;;);
      } catch {
        // once more
      }
    }
  };
  expect(() => withDeadline(100, 'It does not end.', work)).toThrow('It does not end.');
});

it('works within itself', () => {
  const inner = (): number => withDeadline(1000, 'inner', () => 2);
  expect(withDeadline(1000, 'outer', () => inner() + withDeadline(1000, 'inner', () => 3))).toBe(5);
});
