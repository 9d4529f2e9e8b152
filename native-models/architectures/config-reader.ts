/**
 * Reads the fields of a `config.json` one by one: each with the type it must have, the default it takes when absent,
 * and one sentence when it is wrong. Fields nobody reads are ignored, as their own library ignores them.
 */
import { ModelError } from '../errors.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export class ConfigReader {
  constructor(
    readonly json: JsonObject,
    /** What messages call the file: `unet/config.json`. */
    readonly label: string,
  ) {}

  has(name: string): boolean {
    return this.json[name] !== undefined && this.json[name] !== null;
  }

  /** A whole number of at least 1 (or `least`). */
  integer(name: string, fallback: number, least = 1): number {
    return this.#read(name, fallback, `a whole number of at least ${least}`, (json) => isInteger(json, least));
  }

  integerOrNull(name: string): number | null {
    return this.has(name) ? this.integer(name, 1) : null;
  }

  number(name: string, fallback: number): number {
    return this.#read(name, fallback, 'a number', (json): json is number => typeof json === 'number' && isFinite(json));
  }

  flag(name: string, fallback: boolean): boolean {
    return this.#read(name, fallback, 'true or false', (json): json is boolean => typeof json === 'boolean');
  }

  text(name: string, fallback: string): string {
    return this.#read(name, fallback, 'a text', (json): json is string => typeof json === 'string');
  }

  /** One of the given words; another word is a network this studio does not know. */
  choice<const Word extends string>(name: string, fallback: Word, words: readonly Word[]): Word {
    const word = this.text(name, fallback);
    if ((words as readonly string[]).includes(word)) return word as Word;
    throw this.unsupported(name, `known: ${words.join(', ')}`);
  }

  choiceOrNull<const Word extends string>(name: string, words: readonly Word[]): Word | null {
    return this.has(name) ? this.choice(name, words[0] as Word, words) : null;
  }

  /** Whole numbers of at least 1 (or `least`). */
  integers(name: string, fallback: readonly number[], least = 1): readonly number[] {
    return this.#read(
      name,
      fallback,
      'a list of whole numbers',
      (json): json is readonly number[] =>
        Array.isArray(json) && json.length > 0 && json.every((n) => isInteger(n, least)),
    );
  }

  texts(name: string, fallback: readonly string[]): readonly string[] {
    return this.#read(
      name,
      fallback,
      'a list of words',
      (json): json is readonly string[] =>
        Array.isArray(json) && json.length > 0 && json.every((word) => typeof word === 'string'),
    );
  }

  /** One number for all blocks, or a list with one for each. */
  integerPerBlock(name: string, fallback: number, blocks: number): readonly number[] {
    const json = this.json[name];
    if (!Array.isArray(json)) return new Array<number>(blocks).fill(this.integer(name, fallback));
    return this.perBlock(name, this.integers(name, []), blocks);
  }

  perBlock<Item>(name: string, list: readonly Item[], blocks: number): readonly Item[] {
    if (list.length === blocks) return list;
    throw this.wrong(name, `one entry for each of the ${blocks} blocks`);
  }

  /** Refuse a field that changes the network in a way this studio does not author. */
  only(name: string, ...allowed: readonly Json[]): void {
    const json = this.json[name] ?? null;
    if (json !== null && !allowed.includes(json)) {
      throw this.unsupported(name, `supported: ${allowed.map((value) => JSON.stringify(value)).join(', ') || 'none'}`);
    }
  }

  wrong(name: string, expected: string): ModelError {
    return new ModelError('unfit-model', `${this.label}: ${name} should be ${expected}, got ${this.#shown(name)}.`);
  }

  unsupported(name: string, hint: string): ModelError {
    const sentence = `${this.label}: ${name} ${this.#shown(name)} is a kind of network this studio does not run (${hint}).`;
    return new ModelError('unsupported', sentence);
  }

  #shown(name: string): string {
    const text = JSON.stringify(this.json[name]) ?? 'nothing';
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  }

  #read<T extends Json>(name: string, fallback: T, expected: string, fits: (json: Json) => json is T): T {
    const json = this.json[name];
    if (json === undefined || json === null) return fallback;
    if (!fits(json)) throw this.wrong(name, expected);
    return json;
  }
}

function isInteger(json: Json, least: number): json is number {
  return typeof json === 'number' && Number.isInteger(json) && json >= least;
}
