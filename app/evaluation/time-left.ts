/** A stretch of an evaluation. Stretches of one `key` go at one pace: seconds for each unit. */
interface Stage {
  readonly key: string;
  of: number;
  done: number;
  hasBegun: boolean;
}

/** The pace is that of the last this many seconds: it changes with what else the machine does. */
const windowSeconds = 15;
const fewestSeconds = 0.5;

/**
 * How long all of an evaluation still takes, measured: each stretch by the pace of its own kind. A kind that has not
 * begun counts with its guess; while what is under way was neither measured nor remembered there is no answer.
 *
 * Units are of work: what a stretch has done when it first tells was known before, and says nothing of its pace.
 */
export class TimeLeft {
  readonly #stages = new Map<string, Stage>();
  readonly #samples = new Map<string, { at: number; units: number }[]>();
  readonly #paces = new Map<string, number>();
  readonly #guesses: Readonly<Record<string, number>>;
  readonly #remembered: Readonly<Record<string, number>>;
  /** Of the stretch that told last. */
  #current: string | null = null;

  /** Both: seconds for each unit of a kind, as a rule of thumb and as they were measured another time. */
  constructor(guesses: Readonly<Record<string, number>>, remembered: Readonly<Record<string, number>> = {}) {
    this.#guesses = { ...guesses, ...remembered };
    this.#remembered = remembered;
  }

  /** What is to come, as soon as it is known. */
  plan(name: string, key: string, of: number): void {
    this.#stages.set(name, { key, of, done: 0, hasBegun: false });
  }

  /** A stretch has more or less to do than was planned. */
  resize(name: string, of: number): void {
    const stage = this.#stages.get(name);
    if (stage !== undefined) stage.of = of;
  }

  /** `part` of a stretch is done, 0 to 1. `at`: seconds of any clock that never goes back. */
  tell(name: string, part: number, at: number): void {
    const stage = this.#stages.get(name);
    if (stage === undefined) return;
    this.#current = stage.key;
    const done = part * stage.of;
    const last = this.#samples.get(stage.key)?.at(-1);
    if (!stage.hasBegun || last === undefined) {
      this.#samples.set(stage.key, [{ at, units: 0 }]);
    } else {
      this.#measure(stage.key, { at, units: last.units + Math.max(0, done - stage.done) });
    }
    stage.hasBegun = true;
    stage.done = done;
  }

  /** A stretch came to its end, whatever it told before. */
  finish(name: string): void {
    const stage = this.#stages.get(name);
    if (stage !== undefined) stage.done = stage.of;
  }

  /** Seconds to the end of everything; null until it can be told. */
  seconds(): number | null {
    const key = this.#current;
    if (key === null || !(this.#paces.has(key) || key in this.#remembered)) return null;
    let seconds = 0;
    for (const stage of this.#stages.values()) {
      if (stage.done >= stage.of) continue;
      const each = this.#paces.get(stage.key) ?? this.#guesses[stage.key];
      if (each === undefined) return null;
      seconds += (stage.of - stage.done) * each;
    }
    return seconds;
  }

  /** Seconds for each unit by kind: as measured, else as guessed. */
  paces(): Record<string, number> {
    return { ...this.#guesses, ...Object.fromEntries(this.#paces) };
  }

  #measure(key: string, sample: { at: number; units: number }): void {
    const samples = this.#samples.get(key) ?? [];
    samples.push(sample);
    while (samples.length > 2 && (samples[0]?.at ?? 0) < sample.at - windowSeconds) samples.shift();
    const [first] = samples;
    if (first === undefined || sample.units === first.units || sample.at - first.at < fewestSeconds) return;
    this.#paces.set(key, (sample.at - first.at) / (sample.units - first.units));
  }
}
