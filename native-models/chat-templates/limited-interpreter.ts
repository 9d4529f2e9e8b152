/**
 * Jinja's interpreter with limits on what it may hold, and with the line that it is at.
 */
import { Interpreter, type Node, type Value, type Variables } from './jinja.js';
import { LINE_MARK } from './template-lines.js';
import { TooLarge } from './too-large.js';

/** A megabyte of typed text is twice as long in disguise; templates put a few copies of it together. */
const MAX_CHARACTERS = 50_000_000;
const MAX_ITEMS = 1_000_000;

/** The stack would hold a few times as many, but the library takes a full stack for an unknown variable. */
const MAX_DEPTH = 1000;

export class LimitedInterpreter extends Interpreter {
  /** Of the last tag that was come to; null before the first. */
  line: number | null = null;
  #depth = 0;

  text(program: Node): string {
    return String(this.run(program).value);
  }

  override evaluate(node: Node | undefined, variables: Variables): Value {
    if (node?.type === 'Comment') {
      const [, line] = LINE_MARK.exec(String(node.value)) ?? [];
      if (line !== undefined) this.line = Number(line);
    }
    if (this.#depth >= MAX_DEPTH) throw new RangeError('too deep');
    this.#depth++;
    try {
      return withinLimits(super.evaluate(node, variables));
    } finally {
      this.#depth--;
    }
  }
}

function withinLimits(result: Value): Value {
  const { value } = result;
  if (typeof value === 'string' && value.length > MAX_CHARACTERS) throw new TooLarge();
  if (Array.isArray(value) && value.length > MAX_ITEMS) throw new TooLarge();
  return result;
}
