/** Between two rings: what changes by the hundred is told a few times a second. */
const quietMs = 300;

/** Tells that something changed: at once, and then again after a while when more changed meanwhile. */
export class ChangeBell {
  readonly #tell: () => void;
  #resting: NodeJS.Timeout | null = null;
  #again = false;
  #closed = false;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  ring(): void {
    if (this.#closed) return;
    if (this.#resting !== null) {
      this.#again = true;
      return;
    }
    this.#resting = setTimeout(() => {
      this.#resting = null;
      if (!this.#again) return;
      this.#again = false;
      this.ring();
    }, quietMs);
    this.#resting.unref();
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    if (this.#resting !== null) clearTimeout(this.#resting);
  }
}
