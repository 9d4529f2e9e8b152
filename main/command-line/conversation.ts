import { createInterface, type Interface } from 'node:readline';
import type { ChatMessage, Sampling } from '../../app/contracts/chat.js';
import type { ErrorKind } from '../../app/contracts/errors.js';
import { errorMessageOf, StudioError } from '../../app/contracts/studio-error.js';
import { randomSeed, type AskedModel } from './ask-model.js';

export interface ConversationParts {
  readonly model: Pick<AskedModel, 'answer'>;
  readonly system: string | undefined;
  readonly sampling: Sampling;
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** What a person reads besides the answers: the prompt mark, help, what went wrong. */
  readonly asides: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly write: (text: string) => void;
  /** Aborted when the whole verb is to end. */
  readonly signal: AbortSignal;
}

const help = `/again   another answer to the last message
/clear   forget what was said
/quit    leave, as Ctrl-D does
/help    this text
Ctrl-C stops an answer; a second one leaves.`;

/**
 * Turn by turn from a terminal, or line by line from a pipe, until Ctrl-D or the end of the pipe. Nobody reads along at a
 * pipe: where a message had no answer, that is an error at its end.
 */
export async function converse(parts: ConversationParts): Promise<void> {
  const { input, asides, signal, sampling } = parts;
  const terminal = input.isTTY === true && asides.isTTY === true;
  const lines = createInterface({ input, output: asides, terminal, prompt: terminal ? '> ' : '' });
  const talk = new Talk(parts, { ...sampling });
  lines.on('SIGINT', () => {
    if (!talk.stop()) lines.close();
  });
  const end = () => {
    talk.stop();
    lines.close();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    if (terminal) asides.write('/help tells what can be typed besides messages.\n');
    await eachLine(lines, (line) => talk.take(line));
  } finally {
    signal.removeEventListener('abort', end);
    lines.close();
  }
  if (!terminal) talk.complain();
}

/** One after the other: what is typed during an answer waits for its end. */
async function eachLine(lines: Interface, take: (line: string) => Promise<'on' | 'leave'>): Promise<void> {
  lines.prompt();
  for await (const line of lines) {
    if ((await take(line)) === 'leave') return;
    lines.prompt();
  }
}

class Talk {
  readonly #parts: ConversationParts;
  #sampling: Sampling;
  #messages: ChatMessage[] = [];
  /** For another answer to it. */
  #asked: { readonly before: readonly ChatMessage[]; readonly message: ChatMessage } | null = null;
  #running: AbortController | null = null;
  #asks = 0;
  /** Of messages that had no answer. */
  readonly #refusals: ErrorKind[] = [];

  constructor(parts: ConversationParts, sampling: Sampling) {
    this.#parts = parts;
    this.#sampling = sampling;
    this.#clear();
  }

  /** False when nothing was there to stop, or it was told to stop before. */
  stop(): boolean {
    if (this.#running === null || this.#running.signal.aborted) return false;
    this.#running.abort();
    return true;
  }

  /** Throws when a message had no answer. */
  complain(): void {
    const [kind] = this.#refusals;
    if (kind === undefined) return;
    const [refused, asks] = [this.#refusals.length, this.#asks];
    const words = asks === 1 ? 'The message was' : `${refused} of ${asks} messages ${refused === 1 ? 'was' : 'were'}`;
    throw new StudioError(kind, `${words} not answered.`);
  }

  async take(line: string): Promise<'on' | 'leave'> {
    const word = line.trim();
    switch (word) {
      case '':
        return 'on';
      case '/quit':
        return 'leave';
      case '/help':
        return this.#aside(help);
      case '/clear':
        this.#clear();
        return this.#aside('Forgotten.');
      case '/again':
        return this.#again();
      default:
        if (/^\/\w+$/.test(word)) return this.#aside(`There is no ${word}; /help tells what there is.`);
        return this.#answer({ role: 'user', content: line });
    }
  }

  #clear(): void {
    const { system } = this.#parts;
    this.#asked = null;
    this.#messages = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  async #again(): Promise<'on'> {
    if (this.#asked === null) return this.#aside('Nothing was said yet.');
    const { before, message } = this.#asked;
    this.#messages = [...before];
    this.#sampling = { ...this.#sampling, seed: randomSeed() };
    return this.#answer(message);
  }

  /** What cannot be answered is told, and a turn without an answer leaves the conversation as it was before. */
  async #answer(message: ChatMessage): Promise<'on'> {
    const { model, write } = this.#parts;
    const running = new AbortController();
    this.#running = running;
    this.#asks += 1;
    this.#asked = { before: [...this.#messages], message };
    let text = '';
    try {
      await model.answer({
        messages: [...this.#messages, message],
        sampling: this.#sampling,
        logprobs: 0,
        signal: running.signal,
        onText: (more) => {
          text += more;
          write(more);
        },
      });
    } catch (error) {
      if (text !== '') write('\n');
      const { kind, message: sentence } = errorMessageOf(error);
      if (kind !== 'cancelled') {
        this.#aside(sentence);
        this.#refusals.push(kind);
      }
      return this.#keep(message, text);
    } finally {
      this.#running = null;
    }
    write('\n');
    return this.#keep(message, text);
  }

  #keep(message: ChatMessage, text: string): 'on' {
    if (text !== '') this.#messages.push(message, { role: 'assistant', content: text });
    return 'on';
  }

  #aside(text: string): 'on' {
    this.#parts.asides.write(`${text}\n`);
    return 'on';
  }
}
