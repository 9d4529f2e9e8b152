/** Acts at once, and then again after a rest when it was wished for meanwhile. */
export class Paced {
  readonly #act: () => void;
  readonly #restMs: number;
  #resting: NodeJS.Timeout | null = null;
  #wished = false;

  /** `restMs`: least time between two acts. */
  constructor(act: () => void, restMs: number) {
    this.#act = act;
    this.#restMs = restMs;
  }

  wish(): void {
    this.#wished = true;
    if (this.#resting === null) this.#actAndRest();
  }

  /** What was wished for is done now; nothing comes later. */
  finish(): void {
    const wished = this.#wished;
    this.cancel();
    if (wished) this.#act();
  }

  /** What was wished for is not done. */
  cancel(): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#resting = null;
    this.#wished = false;
  }

  #actAndRest(): void {
    this.#wished = false;
    this.#resting = setTimeout(() => {
      this.#resting = null;
      if (this.#wished) this.#actAndRest();
    }, this.#restMs);
    this.#act();
  }
}
