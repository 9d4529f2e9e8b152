import type { Value } from './value.js';
import { describe } from './value.js';

/**
 * A graph that does not fit together, found while it is authored.
 * Names the operator, the input that is wrong, what was expected and what came.
 */
export class AuthoringError extends Error {
  override readonly name = 'AuthoringError';
  readonly operator: string;
  readonly input: string;
  readonly expected: string;
  readonly got: string;

  constructor(operator: string, input: string, expected: string, got: Value | string) {
    const gotText = typeof got === 'string' ? got : describe(got);
    super(`${operator}: ${input} should be ${expected}, got ${gotText}`);
    this.operator = operator;
    this.input = input;
    this.expected = expected;
    this.got = gotText;
  }
}

/** Require that a value has this many axes. */
export function expectRank(operator: string, input: string, value: Value, rank: number): void {
  if (value.rank !== rank) throw new AuthoringError(operator, input, `of rank ${rank}`, value);
}

export function expectFloat(operator: string, input: string, value: Value): void {
  if (value.dtype !== 'float32') throw new AuthoringError(operator, input, 'float32', value);
}
