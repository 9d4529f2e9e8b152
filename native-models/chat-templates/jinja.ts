/**
 * The door to `@huggingface/jinja`: its declarations import one another in a way that Node's resolution does not
 * follow, so what is used of it is declared here.
 */
import * as library from '@huggingface/jinja';

export interface Token {
  readonly type: string;
  readonly value: string;
}

export interface Node {
  readonly type: string;
  /** Of a comment, its text. */
  readonly value?: unknown;
}

/** What an expression is worth; the values of a list are such themselves. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
}

export interface Variables {
  set(name: string, value: unknown): void;
}

interface Run {
  run(program: Node): Value;
  evaluate(node: Node | undefined, variables: Variables): Value;
}

interface WhiteSpace {
  readonly lstrip_blocks: boolean;
  readonly trim_blocks: boolean;
}

export const Environment = library.Environment as unknown as new () => Variables;
export const Interpreter = library.Interpreter as unknown as new (variables: Variables) => Run;

const asTransformers: WhiteSpace = { lstrip_blocks: true, trim_blocks: true };

/** Tokens of a source, white space around tags treated as transformers sets Jinja up. */
export function tokenize(source: string): Token[] {
  return (library.tokenize as unknown as (source: string, options: WhiteSpace) => Token[])(source, asTransformers);
}

export const parse = library.parse as unknown as (tokens: readonly Token[]) => Node;
