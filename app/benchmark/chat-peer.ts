import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';

const opened = z.object({ load: z.number() });
/** Seconds until the first token, and from it to the last. */
const answered = z.object({ prefill: z.number(), decode: z.number(), ids: z.array(z.number()) });

const distribution = z.object({ logits: z.array(z.number()) });

/** A peer that hangs must not hang the bench. */
const patienceMs = 120_000;

/** Another engine in a process of its own, asked line by line: `tests/peers/chat/` has its end. */
export class ChatPeer {
  loadSeconds = Number.NaN;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    readonly name: string,
    /** What our ratio to it should be. */
    readonly aim: string,
    script: string,
  ) {
    this.#child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdin!.on('error', () => undefined); // told by the answer that does not come
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Throws in one sentence when it does not start or cannot open the model. */
  static async open(
    { name, aim, script }: { readonly name: string; readonly aim: string; readonly script: string },
    model: string,
    threads: number,
  ): Promise<ChatPeer> {
    const peer = new ChatPeer(name, aim, script);
    peer.loadSeconds = opened.parse(await peer.#request({ model, threads })).load;
    return peer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(ids: readonly number[], tokens: number): Promise<z.infer<typeof answered>> {
    return answered.parse(await this.#request({ ids, tokens }));
  }

  /** [V], of what comes after `ids`. */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    return Float32Array.from(distribution.parse(await this.#request({ ids, logits: true })).logits);
  }

  close(): void {
    this.#child.kill();
  }

  async #request(request: object): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await Promise.race([this.#lines.next(), setTimeout(patienceMs, null, { ref: false })]);
    if (line === null) throw new Error(`${this.name} gave no answer for ${patienceMs / 1000} s.`);
    if (line.done) throw new Error(`${this.name} ended without an answer.`);
    return JSON.parse(line.value);
  }
}
