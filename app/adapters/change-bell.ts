/** Tells that something changed: at once, and then again after a while when more changed meanwhile. */
export class ChangeBell {
  readonly #tell: () => void;
  readonly #quietMs: () => number;
  #resting: NodeJS.Timeout | null = null;
  #again = false;
  #closed = false;

  /** `quietMs`: least time between two rings. */
  constructor(tell: () => void, quietMs: () => number) {
    this.#tell = tell;
    this.#quietMs = quietMs;
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
    }, this.#quietMs());
    this.#resting.unref();
    this.#tell();
  }

  close(): void {
    this.#closed = true;
    if (this.#resting !== null) clearTimeout(this.#resting);
  }
}
