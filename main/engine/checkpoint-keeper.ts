import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../native-models/pipelines/checkpoint.js';

/**
 * Keeps the running picture's checkpoint on the disk. Every step is handed over; where steps are so quick that writing
 * each would slow them, one is passed over now and then, but never the last before a stop.
 */
export class CheckpointKeeper {
  readonly #file: string;
  #unwritten: Checkpoint | null = null;
  /** Of performance.now: when the next one may be written. */
  #nextAt = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Where the picture goes on; undefined to begin. */
  async read(): Promise<Checkpoint | undefined> {
    return (await readCheckpoint(this.#file)) ?? undefined;
  }

  async step(checkpoint: Checkpoint): Promise<void> {
    this.#unwritten = checkpoint;
    if (performance.now() >= this.#nextAt) await this.flush();
  }

  /** Write the last step, if it is not on the disk yet. */
  async flush(): Promise<void> {
    if (this.#unwritten === null) return;
    const started = performance.now();
    await writeCheckpoint(this.#file, this.#unwritten);
    this.#unwritten = null;
    const ended = performance.now();
    this.#nextAt = ended + (ended - started) / mostOfTheTime;
  }
}

/** Part of the time that may go into writing. */
const mostOfTheTime = 0.05;
