import { adapterTags } from '../contracts/adapter-tags.js';
import type { GenerationSettings, Job } from '../contracts/generation.js';
import type { Database } from '../storage/database.js';
import { number } from '../storage/rows.js';

/** How much the newest step counts in the running average: five steps ago counts a quarter. */
const newest = 0.25;

interface StepTime {
  readonly secondsPerStep: number;
  /** Decoding and saving, once a picture. */
  readonly secondsAround: number;
}

/** What makes one step as long as another. Guidance of 1 or less halves the work; adapters add to it. */
const keyOf = ({ model, width, height, sampler, cfg, adapters, prompt }: GenerationSettings): string =>
  `${model} ${width}x${height} ${sampler} ${cfg > 1 ? 'guided' : 'unguided'}` +
  (adapters.length > 0 || adapterTags(prompt).length > 0 ? ' adapted' : '');

export type StepTimes = ReturnType<typeof stepTimes>;

/** Times that were measured on this machine, remembered for the time the queue will take. */
export function stepTimes(database: Database) {
  const get = database.prepare('SELECT seconds_per_step, seconds_around FROM step_times WHERE key = ?');
  const put = database.prepare(`
    INSERT INTO step_times (key, seconds_per_step, seconds_around) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      seconds_per_step = (seconds_per_step + excluded.seconds_per_step) / 2,
      seconds_around = (seconds_around + excluded.seconds_around) / 2`);
  const remembered = (settings: GenerationSettings): StepTime | null => {
    const row = get.get(keyOf(settings));
    if (row === undefined) return null;
    return { secondsPerStep: number(row, 'seconds_per_step'), secondsAround: number(row, 'seconds_around') };
  };
  return {
    /**
     * Until nothing runs or waits; `live` is what the running job measures now. Null as soon as one job's kind was
     * never measured: half a sum would be a guess.
     */
    secondsLeft(jobs: readonly Job[], live: number | null): number | null {
      let sum = 0;
      for (const { state, settings, count, pictures, step } of jobs) {
        if (state !== 'running' && state !== 'waiting') continue;
        const time = remembered(settings);
        const secondsPerStep = (state === 'running' ? live : null) ?? time?.secondsPerStep;
        if (secondsPerStep === undefined) return null;
        const picturesLeft = count - pictures.length;
        sum += secondsPerStep * (picturesLeft * settings.steps - step);
        sum += picturesLeft * (time?.secondsAround ?? 0);
      }
      return Math.max(0, sum);
    },
    /** Until the picture that `clock` measures is saved; null before its second step. */
    secondsLeftOf(settings: GenerationSettings, { secondsPerStep }: StepClock, stepsLeft: number): number | null {
      const around = remembered(settings)?.secondsAround ?? 0;
      return secondsPerStep === null ? null : secondsPerStep * Math.max(0, stepsLeft) + around;
    },
    /** What `clock` measured, once the picture is saved. */
    remember(settings: GenerationSettings, clock: StepClock, now: number): void {
      const { secondsPerStep } = clock;
      if (secondsPerStep !== null) put.run(keyOf(settings), secondsPerStep, clock.secondsSinceStep(now));
    },
  };
}

/**
 * Measures the steps of one picture. The time up to the first step is left out: it holds loading. `now` is in
 * milliseconds.
 */
export class StepClock {
  #lastStep: { step: number; at: number } | null = null;
  #secondsPerStep: number | null = null;

  step(step: number, now: number): void {
    const last = this.#lastStep;
    if (last !== null && step > last.step) {
      const seconds = (now - last.at) / 1000 / (step - last.step);
      this.#secondsPerStep =
        this.#secondsPerStep === null ? seconds : newest * seconds + (1 - newest) * this.#secondsPerStep;
    }
    // Step 0 is the moment before the first step, which still opens sessions.
    if (step > 0 && step !== last?.step) this.#lastStep = { step, at: now };
  }

  /** Null before the second step. */
  get secondsPerStep(): number | null {
    return this.#secondsPerStep;
  }

  /** Since the last step: decoding and saving, when the last step was the last one. */
  secondsSinceStep(now: number): number {
    return this.#lastStep === null ? 0 : (now - this.#lastStep.at) / 1000;
  }
}
