/** A stretch of an evaluation. Stretches of one `key` go at one pace: seconds for each unit. */
interface Stage {
  readonly key: string;
  readonly of: number;
  done: number;
}

/** Of the last this many seconds: vectors that were known already must not make the others look quick for long. */
const windowSeconds = 15;
const fewestSeconds = 0.5;

/**
 * How long all of an evaluation still takes, measured: each stretch by the pace of its own kind. A kind that has not
 * begun counts with its guess; before anything could be measured there is no answer.
 */
export class TimeLeft {
  readonly #stages = new Map<string, Stage>();
  readonly #samples = new Map<string, { at: number; units: number }[]>();
  readonly #guesses: Readonly<Record<string, number>>;

  /** `guesses`: seconds for each unit of a kind before it was measured. */
  constructor(guesses: Readonly<Record<string, number>>) {
    this.#guesses = guesses;
  }

  /** What is to come, as soon as it is known. */
  plan(name: string, key: string, of: number): void {
    this.#stages.set(name, { key, of, done: 0 });
  }

  /** `part` of a stretch is done, 0 to 1. `at`: seconds of any clock that never goes back. */
  tell(name: string, part: number, at: number): void {
    const stage = this.#stages.get(name);
    if (stage === undefined) return;
    const done = part * stage.of;
    const samples = this.#samples.get(stage.key) ?? [];
    const last = samples.at(-1);
    if (last === undefined) samples.push({ at, units: 0 });
    else samples.push({ at, units: last.units + Math.max(0, done - stage.done) });
    while (samples.length > 2 && (samples[0]?.at ?? 0) < at - windowSeconds) samples.shift();
    this.#samples.set(stage.key, samples);
    stage.done = done;
  }

  /** A stretch came to its end, whatever it told before. */
  finish(name: string): void {
    const stage = this.#stages.get(name);
    if (stage !== undefined) stage.done = stage.of;
  }

  /** Seconds to the end of everything; null until it can be told. */
  seconds(): number | null {
    let seconds = 0;
    let isMeasured = false;
    for (const { key, of, done } of this.#stages.values()) {
      const pace = this.#pace(key);
      isMeasured ||= pace !== null;
      if (done >= of) continue;
      const each = pace ?? this.#guesses[key];
      if (each === undefined) return null;
      seconds += (of - done) * each;
    }
    return isMeasured ? seconds : null;
  }

  /** Seconds for each unit by kind: as measured, else as guessed. */
  paces(): Record<string, number> {
    const measured = [...this.#samples.keys()].flatMap((key) => {
      const pace = this.#pace(key);
      return pace === null ? [] : [[key, pace] as const];
    });
    return { ...this.#guesses, ...Object.fromEntries(measured) };
  }

  /** Seconds for each unit. */
  #pace(key: string): number | null {
    const samples = this.#samples.get(key) ?? [];
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined || last.units === first.units) return null;
    return last.at - first.at < fewestSeconds ? null : (last.at - first.at) / (last.units - first.units);
  }
}
