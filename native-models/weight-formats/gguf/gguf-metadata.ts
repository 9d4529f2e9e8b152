/** The key-value pairs of a GGUF file, each asked for by name with the type it must have. */
import { ModelError } from '../../errors.js';

/** Integers beyond 2^53 stay bigint. Arrays hold values of one type. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export class GgufMetadata {
  constructor(
    readonly values: ReadonlyMap<string, GgufValue>,
    readonly file: string,
    readonly label: string,
  ) {}

  has(key: string): boolean {
    return this.values.has(key);
  }

  /** A whole number of at least `least`, whatever width it is stored in; required when there is no fallback. */
  integer(key: string, fallback?: number, least = 0): number {
    const fits = (value: GgufValue): value is number => Number.isInteger(value) && (value as number) >= least;
    return this.#read(key, fallback, `a whole number of at least ${least}`, fits);
  }

  number(key: string, fallback?: number): number {
    const fits = (value: GgufValue): value is number => typeof value === 'number' && Number.isFinite(value);
    return this.#read(key, fallback, 'a number', fits);
  }

  flag(key: string, fallback?: boolean): boolean {
    return this.#read(key, fallback, 'true or false', (value) => typeof value === 'boolean');
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, fallback, 'a text', (value) => typeof value === 'string');
  }

  textOrNull(key: string): string | null {
    return this.has(key) ? this.text(key) : null;
  }

  integerOrNull(key: string): number | null {
    return this.has(key) ? this.integer(key) : null;
  }

  texts(key: string): readonly string[] {
    const fits = (value: GgufValue): value is readonly string[] =>
      Array.isArray(value) && value.every((item) => typeof item === 'string');
    return this.#read(key, undefined, 'a list of texts', fits);
  }

  numbers(key: string): readonly number[] {
    const fits = (value: GgufValue): value is readonly number[] =>
      Array.isArray(value) && value.every((item) => typeof item === 'number');
    return this.#read(key, undefined, 'a list of numbers', fits);
  }

  /** One number for all, or a list of `count` equal ones (llama.cpp writes either); different ones are refused. */
  sameForAll(key: string, fallback?: number): number {
    const value = this.values.get(key);
    if (!Array.isArray(value)) return this.integer(key, fallback);
    const [first, ...others] = this.numbers(key);
    if (first !== undefined && others.every((other) => other === first)) return first;
    throw new ModelError(
      'unsupported',
      `${this.label}: ${key} differs from layer to layer, a kind of network this studio does not run.`,
      { file: this.file },
    );
  }

  wrong(key: string, expected: string): ModelError {
    const value = this.values.get(key);
    const shown = value === undefined ? 'is missing' : `is ${brief(value)}`;
    return new ModelError('unfit-model', `${this.label}: ${key} ${shown}, it should be ${expected}.`, {
      file: this.file,
    });
  }

  #read<T extends GgufValue>(
    key: string,
    fallback: T | undefined,
    expected: string,
    fits: (value: GgufValue) => value is T,
  ): T {
    const value = this.values.get(key);
    if (value === undefined && fallback !== undefined) return fallback;
    if (value === undefined || !fits(value)) throw this.wrong(key, expected);
    return value;
  }
}

function brief(value: GgufValue): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
