import { z } from 'zod';
import type { EvaluationProgress } from '../contracts/evaluation.js';
import type { Memory } from '../storage/memory.js';
import { TimeLeft } from './time-left.js';

type Told = Omit<EvaluationProgress, 'id'>;
type Phase = EvaluationProgress['phase'];

/** Seconds for each unit of work before it was ever measured here: those of a slow processor. */
const firstGuesses = { hash: 0.002, inception: 0.4, clip: 0.2, ownClip: 0.5, texts: 0.1, sets: 0.01, captions: 0.0005 };
const guesses = z.record(z.string(), z.number());
const memoryKey = 'seconds for each part of evaluations';

/** Part of a stretch that really has to be worked on, where that is not all of it: vectors that are not known yet. */
export interface Workload {
  readonly done: number;
  readonly of: number;
}

/** How far an evaluation is: its stretches one after the other, told with the time left until the end of all. */
export class Progress {
  readonly #tell: (progress: Told) => void;
  readonly #memory: Memory | undefined;
  readonly #time: TimeLeft;
  readonly #started = performance.now();
  readonly #spent: Record<Phase, number> = { listing: 0, features: 0, captions: 0, measures: 0 };
  /** Nothing is told of the time left before all that is to come is known. */
  #isPlanned: boolean;
  #running: { readonly phase: Phase; readonly since: number } | null = null;

  /** `plannedLater`: `planned` is called once everything is. */
  constructor(tell: (progress: Told) => void, memory: Memory | undefined, { plannedLater = false } = {}) {
    this.#tell = tell;
    this.#memory = memory;
    this.#time = new TimeLeft(firstGuesses, memory?.recall(memoryKey, guesses) ?? {});
    this.#isPlanned = !plannedLater;
  }

  /** `of` units of work of one kind, to come. */
  plan(name: string, key: keyof typeof firstGuesses, of: number): void {
    this.#time.plan(name, key, of);
  }

  /** All is planned that is to come. */
  planned(): void {
    this.#isPlanned = true;
  }

  /** Do one stretch. What it tells goes on to the person; the time left goes by `load`, where that is given. */
  async during<T>(
    stretch: { readonly name: string; readonly phase: Phase; readonly what: string; readonly of: number },
    work: (tell: (done: number, what?: string) => void, load: (load: Workload) => void) => Promise<T>,
  ): Promise<T> {
    this.#enter(stretch.phase);
    const { name, phase, of } = stretch;
    let worked: Workload | null = null;
    const tell = (done: number, what = stretch.what) => {
      const { done: part, of: all } = worked ?? { done, of };
      if (worked !== null) this.#time.resize(name, all);
      this.#time.tell(name, all === 0 ? 1 : part / all, (performance.now() - this.#started) / 1000);
      this.#tell({ phase, what, done, of, secondsLeft: this.#isPlanned ? this.#time.seconds() : null });
    };
    tell(0);
    const result = await work(tell, (load) => (worked = load));
    this.#time.finish(name);
    return result;
  }

  /** Pace is remembered for the next evaluation's guesses. */
  finish(): void {
    this.#enter(null);
    this.#memory?.keep(memoryKey, this.#time.paces());
  }

  /** Of the parts that are told in a result. */
  get seconds(): { readonly features: number; readonly measures: number } {
    const { features, captions, measures } = this.#spent;
    return { features: features + captions, measures };
  }

  #enter(phase: Phase | null): void {
    const now = performance.now();
    if (this.#running !== null) this.#spent[this.#running.phase] += (now - this.#running.since) / 1000;
    this.#running = phase === null ? null : { phase, since: now };
  }
}
