import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { pictureAdapters } from '../adapters/picture-adapters.js';
import type { GenerationSettings, Job, Queue } from '../contracts/generation.js';
import { errorMessageOf } from '../contracts/studio-error.js';
import { checkpointOf, savedStep, startOver, sweepCheckpoints } from './checkpoints.js';
import { jobRows, type JobRow, type JobRows } from './job-rows.js';
import * as say from './queue-notices.js';
import { mostLosses, RunningJob, type MakingParts, type QueueOfJob } from './running-job.js';
import { normaliseSettings } from './settings.js';
import { stepTimes, type StepTimes } from './step-times.js';

export interface QueueParts extends MakingParts {
  readonly onQueue: (queue: Queue) => void;
}

/** How long closing waits for the running step; the engine is killed by its owner after that. */
const closeWithinMs = 3000;

/**
 * Makes the pictures that were asked for, one job after the other, and survives everything: a job is on the disk before
 * it is acknowledged; a picture's file is saved first, then its row (in one transaction with the job's), then its
 * checkpoint is deleted. Whatever is cut off in between is finished or done again at the next start.
 */
export class GenerationQueue {
  readonly #parts: QueueParts;
  readonly #rows: JobRows;
  readonly #times: StepTimes;
  readonly #forJob: QueueOfJob;
  #running: RunningJob | null = null;
  /** Settled when the running job has come to its end; by then the next one runs. */
  #standsStill: Promise<void> = Promise.resolve();
  #state: 'not-started' | 'open' | 'halted' | 'closed' = 'not-started';

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#rows = jobRows(parts.database);
    this.#times = stepTimes(parts.database);
    this.#forJob = { rows: this.#rows, times: this.#times, onChanged: () => this.#changed() };
  }

  /** Take up what an earlier life left: a job that ran goes on by itself. */
  async start(): Promise<void> {
    for (const job of this.#rows.all()) {
      if (job.state !== 'running') continue;
      // The studio ended in the middle of it. If it is the job that ends the studio, it must not do so for ever.
      this.#rows.setStep(job.id, await savedStep(checkpointOf(job, this.#parts.home)), job.losses);
      if (job.losses >= mostLosses) this.#rows.fail(job.id, { kind: 'engine-lost', message: endedTheStudio });
      else this.#rows.toFront(job.id, job.losses + 1);
    }
    await sweepCheckpoints(this.#parts.home.checkpoints, this.#rows.all());
    this.#state = 'open';
    this.#changed();
    this.#pump();
  }

  /** Check a wish and put it at the end of the queue. On the disk when this returns. */
  async submit(wish: GenerationSettings, count: number): Promise<Job> {
    const model = await this.#parts.library.ready(wish.model);
    const { settings, notices } = normaliseSettings(wish, model, await this.#parts.capabilities());
    // Now, while the person looks: a mistyped name or a file for another base must not wait for its turn in the queue.
    const adapters = await pictureAdapters(settings, model, this.#parts.adapters);
    const id = randomUUID();
    this.#rows.add({ id, settings, count, createdAt: Date.now(), notices: [...notices, ...adapters.notices] });
    const job = this.#rows.existing(id);
    this.#changed();
    this.#pump();
    return jobOf(job);
  }

  /** Returns when the job stands still; its last step is kept. */
  async stop(id: string): Promise<void> {
    const job = this.#rows.existing(id);
    if (this.#running?.id === id) {
      this.#running.end('stop');
      await this.#standsStill;
    } else if (job.state === 'waiting') {
      this.#rows.setState(id, 'stopped');
      this.#changed();
    }
  }

  /** A stopped or failed job goes on from its last step, before the waiting ones. */
  async resume(id: string): Promise<void> {
    const job = this.#rows.existing(id);
    if (job.state !== 'stopped' && job.state !== 'failed') return;
    // The saved steps belong to a file that is not there any more.
    if (job.error?.kind === 'file-changed') await startOver(job, this.#parts.home, this.#rows);
    this.#rows.toFront(id, 0);
    this.#changed();
    this.#pump();
  }

  /** Take a job off the queue. Pictures that it finished stay. */
  async remove(id: string): Promise<void> {
    await this.stop(id);
    const job = this.#rows.get(id);
    if (job === null) return; // it finished just now
    this.#rows.remove(id);
    await rm(checkpointOf(job, this.#parts.home), { force: true });
    this.#changed();
  }

  /** To a place among the waiting jobs, from 0. */
  move(id: string, to: number): void {
    const waiting = this.#rows.all().filter((job) => job.state === 'waiting');
    const job = waiting.find((each) => each.id === id);
    if (job === undefined) {
      this.#rows.existing(id); // says so when it is gone; one that runs or stands still has no place to move to
      return;
    }
    const order = waiting.filter((each) => each !== job);
    order.splice(to, 0, job);
    this.#parts.database.transaction(() => {
      for (const [place, each] of order.entries()) this.#rows.setPlace(each.id, place + 1);
    });
    this.#changed();
  }

  queue(): Queue {
    const jobs = this.#rows.all().map((job) => this.#withLiveStep(job));
    const live = this.#running?.secondsPerStep ?? null;
    return { jobs: jobs.map(jobOf), secondsLeft: this.#times.secondsLeft(jobs, live) };
  }

  /** The running job keeps its last step and goes on at the next start. */
  async close(): Promise<void> {
    this.#state = 'closed';
    if (this.#running === null) return;
    this.#running.end('close');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, closeWithinMs)));
    await Promise.race([this.#standsStill, late]);
    clearTimeout(timer);
  }

  #pump(): void {
    if (this.#state !== 'open' || this.#running !== null) return;
    const job = this.#rows.nextWaiting();
    if (job === null) return;
    const running = new RunningJob(this.#parts, this.#forJob, job);
    this.#running = running;
    this.#rows.setState(job.id, 'running');
    this.#changed();
    this.#standsStill = this.#runAndGoOn(running);
  }

  /** Never rejects. */
  async #runAndGoOn(running: RunningJob): Promise<void> {
    try {
      await running.run();
      this.#running = null;
      if (this.#state !== 'open') return;
      this.#changed();
      this.#pump();
    } catch (error) {
      // Not the picture failed but the queue itself (its database, as a rule): going on would only turn in circles.
      this.#running = null;
      if (this.#state === 'closed') return; // a run that outlived `close`: its database is gone
      this.#state = 'halted';
      this.#parts.onNotice(say.queueHalted(errorMessageOf(error).message));
    }
  }

  #withLiveStep(job: JobRow): JobRow {
    return this.#running?.id === job.id ? { ...job, step: this.#running.step } : job;
  }

  #changed(): void {
    this.#parts.onQueue(this.queue());
  }
}

const endedTheStudio =
  'The studio ended again and again while this picture was made; a smaller picture or another device may help.';

/** Without the queue's own knowledge. */
function jobOf({ current: _current, losses: _losses, ...job }: JobRow): Job {
  return job;
}
