import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** A peer that hangs must not hang the bench; some need minutes for what is compared. */
const patienceMs = 600_000;

/**
 * A tool of the field in a Python of the person's own, asked line by line in JSON: `tests/peers/` has its end. The studio
 * brings no Python and installs none.
 */
export class PythonPeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** The last that it wrote about itself: why it ended. */
  #said = '';

  /** @param script what it runs @param python the interpreter, by path or by name */
  constructor(
    readonly name: string,
    script: string,
    python: string,
  ) {
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => (this.#said = error.message));
    this.#child.stdin!.on('error', () => undefined); // told by the answer that does not come
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Throws in one sentence when it is not there, ends or does not answer. */
  async ask(request: object): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await Promise.race([this.#lines.next(), setTimeout(patienceMs, null, { ref: false })]);
    if (line === null) throw new Error(`${this.name} gave no answer for ${patienceMs / 60_000} minutes.`);
    if (line.done) throw new Error(`${this.name} ended without an answer: ${this.#said.trim().split('\n').at(-1)}`);
    return JSON.parse(line.value);
  }

  close(): void {
    this.#child.kill();
  }
}
