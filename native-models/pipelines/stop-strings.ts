/**
 * Text that comes in pieces and ends before the first of several stop strings. A tail that may be the beginning of one
 * is held back until it is clear, so that nobody sees a stop string come and go.
 */
export interface Released {
  readonly text: string;
  /** Whether a stop string was met: `text` ends before it, and nothing comes after. */
  readonly stopped: boolean;
}

export class StopStrings {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** What can be shown now that this piece has come. */
  push(piece: string): Released {
    const text = this.#held + piece;
    const places = this.#stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...places)), stopped: true };
    }
    const held = Math.max(0, ...this.#stops.map((stop) => lengthOfBeginning(text, stop)));
    this.#held = text.slice(text.length - held);
    return { text: text.slice(0, text.length - held), stopped: false };
  }

  /** What was held back, when nothing more comes. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}

/** How many of the last characters of a text are the first ones of a stop string. */
function lengthOfBeginning(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
