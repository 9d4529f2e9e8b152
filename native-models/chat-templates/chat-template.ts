/**
 * Chat templates: the Jinja program that comes with a model and writes a conversation as the text that the model was
 * trained on. By `@huggingface/jinja`; parsed and rendered under a deadline and with limits, since a template is a
 * program of strangers.
 *
 * Reference: transformers 5.23, `apply_chat_template`, and the same variables.
 */
import { withDeadline } from '../deadline.js';
import { ModelError } from '../errors.js';
import { Environment, parse, tokenize, type Node, type Token } from './jinja.js';
import { reveal } from '../tokenizers/language-typed-text.js';
import { LimitedInterpreter } from './limited-interpreter.js';
import { lineOfFault, markLines, tagLines } from './template-lines.js';
import { templateGlobals } from './template-globals.js';
import { TooLarge } from './too-large.js';

/** The longest known templates have 60 kB. */
const MAX_CHARACTERS = 1_000_000;

/** Real templates take a few milliseconds for a long conversation. */
const DEADLINE_MS = 3000;

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface TemplateVariables {
  readonly messages: readonly ChatMessage[];
  /** Whether the text ends where the answer begins. */
  readonly add_generation_prompt: boolean;
  readonly bos_token: string;
  readonly eos_token: string;
  /** Of models that can think aloud; absent: as the template decides. */
  readonly enable_thinking?: boolean;
}

export class ChatTemplate {
  readonly source: string;
  /** What messages call it: `chat_template.jinja`. */
  readonly label: string;
  /** Texts that stand in the template between quotes: what it may look for in a message. */
  readonly words: readonly string[];
  readonly #program: Node;
  readonly #deadlineMs: number;

  /** Throws a `ModelError` of kind `unfit-model` with the line of the fault. */
  constructor(source: string, label = 'the chat template', deadlineMs = DEADLINE_MS) {
    this.source = source;
    this.label = label;
    this.#deadlineMs = deadlineMs;
    if (source.length > MAX_CHARACTERS) {
      throw new ModelError('unfit-model', `${label} has ${source.length} characters and is no chat template: choose the built-in ChatML.`); // prettier-ignore
    }
    const lines = this.#guarded(
      () => tagLines(source),
      () => null,
    );
    const marked = (text: string): Token[] => markLines(tokenize(text), lines);
    let furthest = -1; // index of the last token that the parser has looked at
    this.#program = this.#guarded(
      () => parse(watch(marked(source), (index) => (furthest = Math.max(furthest, index)))),
      () => lineOfFault(source, lines, furthest, marked),
    );
    this.words = wordsOf(tokenize(source));
  }

  /** The conversation as one text. Throws a `ModelError` of kind `unfit-model` that says what the template objects to. */
  render(variables: TemplateVariables): string {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...templateGlobals(), ...ABSENT, ...variables })) {
      environment.set(name, value);
    }
    const interpreter = new LimitedInterpreter(environment);
    return this.#guarded(
      () => interpreter.text(this.#program),
      () => interpreter.line,
    );
  }

  #guarded<T>(work: () => T, line: () => number | null): T {
    const late = `${this.label} does not come to an end: choose another template, or the built-in ChatML.`;
    try {
      return withDeadline(this.#deadlineMs, late, work);
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      if (cause instanceof TooLarge) throw new ModelError('unfit-model', late, { cause });
      const at = line();
      const where = at === null ? this.label : `${this.label}, line ${at}`;
      throw new ModelError('unfit-model', `${where}: ${reason(cause)}. Choose another template, or the built-in ChatML.`, { cause }); // prettier-ignore
    }
  }
}

/** Variables that templates ask for and that a conversation without tools has none of: null, as in Python. */
const ABSENT = { tools: null, documents: null };

/** The same list, which tells what is read of it. */
function watch(tokens: readonly Token[], onRead: (index: number) => void): readonly Token[] {
  return new Proxy(tokens, {
    get(list, key): unknown {
      if (typeof key === 'string' && /^\d+$/.test(key)) onRead(Number(key));
      return Reflect.get(list, key);
    },
  });
}

function wordsOf(tokens: readonly Token[]): string[] {
  return [...new Set(tokens.filter(({ type }) => type === 'StringLiteral').map(({ value }) => value))];
}

/** Of what a template says when it objects: it may quote a message. */
const MAX_REASON_CHARACTERS = 300;

function reason(cause: unknown): string {
  if (cause instanceof RangeError) return 'it calls itself without end, or makes something too large';
  if (cause instanceof TypeError) return 'a tag is not closed, or something in it is not there';
  const message = cause instanceof Error ? cause.message : String(cause);
  const plain = reveal(message)
    .replace(/^Parser Error: /, '')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_REASON_CHARACTERS);
  return plain.replace(/[.\s]+$/, '') || 'it cannot be used';
}
