import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Capabilities } from '../contracts/capabilities.js';
import type { DeviceWish, Engine, GenerateProgress } from '../contracts/engine.js';
import type { GenerationSettings, Job, JobProgress, Queue } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { errorMessageOf, StudioError } from '../contracts/studio-error.js';
import type { Notice } from '../contracts/window.js';
import type { Worker } from '../contracts/worker.js';
import { thumbnailSide, type Gallery, type NewPicture } from '../gallery/gallery.js';
import { readOwnMetadata } from '../gallery/picture-metadata.js';
import type { Library } from '../library/library.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { brokenCheckpoint, checkpointName, savedStep, sweepCheckpoints } from './checkpoints.js';
import { jobRows, type CurrentPicture, type JobRow, type JobRows } from './job-rows.js';
import { makePicture, savePicture } from './make-picture.js';
import * as say from './queue-notices.js';
import { normaliseSettings } from './settings.js';
import { StepClock, stepTimes } from './step-times.js';

export interface QueueParts {
  readonly database: Database;
  readonly home: Home;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly library: Library;
  readonly gallery: Gallery;
  readonly capabilities: () => Promise<Capabilities>;
  /** The device that the person wants now; asked before each picture. */
  readonly device: () => DeviceWish;
  /** The studio's own version, for the receipts. */
  readonly version: string;
  readonly onQueue: (queue: Queue) => void;
  readonly onProgress: (progress: JobProgress) => void;
  readonly onNotice: (notice: Notice) => void;
}

/** Retries after a lost engine, counted from the last step that was gained. */
const mostLosses = 3;
/** Steps are made in milliseconds by small models, and a commit waits for the disk: the row follows at most this often. */
const stepSavedEveryMs = 1000;
/** How long closing waits for the running step; the engine is killed by its owner after that. */
const closeWithinMs = 3000;

/** Why a running job is asked to end. */
type Wish = 'stop' | 'close';

/** The job that runs. Its step is here, ahead of the row's. */
interface Active {
  readonly jobId: string;
  readonly abort: AbortController;
  wish: Wish | null;
  step: number;
  /** The furthest step of this picture; one that was lost and made again is no gain. */
  furthest: number;
  losses: number;
  /** Where the engine was lost: to be told as soon as it is known where it goes on. */
  lostAt: number | null;
  clock: StepClock;
  stepSavedAt: number;
  done: Promise<void>;
}

/**
 * Makes the pictures that were asked for, one job after the other, and survives everything: a job is on the disk before
 * it is acknowledged; a picture's file is saved first, then its row (in one transaction with the job's), then its
 * checkpoint is deleted. Whatever is cut off in between is finished or done again at the next start.
 */
export class GenerationQueue {
  readonly #parts: QueueParts;
  readonly #rows: JobRows;
  readonly #times: ReturnType<typeof stepTimes>;
  #active: Active | null = null;
  #state: 'not-started' | 'open' | 'halted' | 'closed' = 'not-started';

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#rows = jobRows(parts.database);
    this.#times = stepTimes(parts.database);
  }

  /** Take up what an earlier life left: a job that ran goes on by itself. */
  async start(): Promise<void> {
    for (const job of this.#rows.all()) {
      if (job.state !== 'running') continue;
      // The studio ended in the middle of it. If it is the job that ends the studio, it must not do so for ever.
      this.#rows.setStep(job.id, await savedStep(this.#checkpointOf(job)), job.losses);
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
    const id = randomUUID();
    this.#rows.add({ id, settings, count, createdAt: Date.now(), notices: [...notices] });
    const job = this.#job(id);
    this.#changed();
    this.#pump();
    return jobOf(job);
  }

  /** Returns when the job stands still; its last step is kept. */
  async stop(id: string): Promise<void> {
    const job = this.#job(id);
    if (this.#active?.jobId === id) {
      this.#active.wish ??= 'stop';
      this.#active.abort.abort();
      await this.#active.done;
    } else if (job.state === 'waiting') {
      this.#rows.setState(id, 'stopped');
      this.#changed();
    }
  }

  /** A stopped or failed job goes on from its last step, before the waiting ones. */
  async resume(id: string): Promise<void> {
    const job = this.#job(id);
    if (job.state !== 'stopped' && job.state !== 'failed') return;
    // The saved steps belong to a file that is not there any more.
    if (job.error?.kind === 'file-changed') await this.#startOver(job);
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
    await rm(this.#checkpointOf(job), { force: true });
    this.#changed();
  }

  /** To a place among the waiting jobs, from 0. */
  move(id: string, to: number): void {
    const waiting = this.#rows.all().filter((job) => job.state === 'waiting');
    const job = waiting.find((each) => each.id === id);
    if (job === undefined) {
      this.#job(id); // says so when it is gone; one that runs or stands still has no place to move to
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
    const live = this.#active?.clock.secondsPerStep ?? null;
    return { jobs: jobs.map(jobOf), secondsLeft: this.#times.secondsLeft(jobs, live) };
  }

  /** The running job keeps its last step and goes on at the next start. */
  async close(): Promise<void> {
    this.#state = 'closed';
    if (this.#active === null) return;
    this.#active.wish = 'close';
    this.#active.abort.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, closeWithinMs)));
    await Promise.race([this.#active.done, late]);
    clearTimeout(timer);
  }

  #pump(): void {
    if (this.#state !== 'open' || this.#active !== null) return;
    const job = this.#rows.nextWaiting();
    if (job === null) return;
    const active: Active = {
      jobId: job.id,
      abort: new AbortController(),
      wish: null,
      step: job.step,
      furthest: job.step,
      losses: job.losses,
      lostAt: null,
      clock: new StepClock(),
      stepSavedAt: -Infinity,
      done: Promise.resolve(),
    };
    this.#active = active;
    this.#rows.setState(job.id, 'running');
    this.#changed();
    active.done = this.#runAndGoOn(active);
  }

  /** Never rejects. */
  async #runAndGoOn(active: Active): Promise<void> {
    try {
      await this.#run(active);
      this.#active = null;
      if (this.#state !== 'open') return;
      this.#changed();
      this.#pump();
    } catch (error) {
      // Not the picture failed but the queue itself (its database, as a rule): going on would only turn in circles.
      this.#active = null;
      if (this.#state === 'closed') return;
      this.#state = 'halted';
      this.#parts.onNotice(say.queueHalted(errorMessageOf(error).message));
    }
  }

  /** Picture after picture, until the job is done, stopped or failed. */
  async #run(active: Active): Promise<void> {
    for (;;) {
      const job = this.#job(active.jobId);
      if (active.wish !== null) {
        await this.#end(job, active, active.wish);
        return;
      }
      try {
        const finished = await this.#nextPicture(job, active);
        if (finished) return;
      } catch (error) {
        // A run that outlived `close` must not touch the database.
        if (this.#state === 'closed' && active.wish !== 'close') return;
        if (active.wish !== null) continue;
        if (!(await this.#recover(job, active, error))) return;
      }
    }
  }

  async #end(job: JobRow, active: Active, wish: Wish): Promise<void> {
    active.step = await savedStep(this.#checkpointOf(job));
    this.#rows.setStep(active.jobId, active.step, active.losses);
    if (wish === 'stop') this.#rows.setState(active.jobId, 'stopped');
    else this.#rows.toFront(active.jobId, active.losses);
  }

  /** True when it was the job's last. */
  async #nextPicture(job: JobRow, active: Active): Promise<boolean> {
    const { library, gallery, engine, worker, capabilities, device, version, home } = this.#parts;
    if (job.current !== null && (await fileIdentity(join(home.pictures, job.current.path)))) {
      const saved = await this.#savedByAnEarlierLife(job.current);
      if (saved !== null) return this.#finishPicture(job, active, saved);
      await this.#renameCurrent(job, job.current);
      return false;
    }
    const model = await library.ready(job.settings.model);
    const current = await this.#begin(job, active, model);
    const { versions } = await capabilities();
    const made = await makePicture(
      engine,
      {
        model,
        settings: { ...job.settings, seed: job.settings.seed + job.pictures.length },
        device: device(),
        latents: null,
        checkpointFile: this.#checkpointOf(job),
        previewCache: home.previews,
        versions: { inkstone: version, onnxruntime: versions.onnxruntime },
      },
      (progress) => this.#onProgress(job, active, progress),
      active.abort.signal,
    );
    const { width, height } = made.generated;
    const { steps } = job.settings;
    this.#tellThatItIsBack(active, steps); // lost while decoding: all steps were there
    const at = { jobId: job.id, picture: job.pictures.length, width, height, steps, preview: null };
    this.#parts.onProgress({ ...at, phase: 'saving', step: steps, secondsLeft: null });
    if ((await fileIdentity(model.hashedFile)) !== current.modelIdentity) {
      made.receipt.notices.push(`${basename(model.hashedFile)} changed while this picture was made: it may mix both.`);
    }
    const entry = { id: current.id, createdAt: Date.now() };
    const bytes = await savePicture(worker, made, {
      path: join(home.pictures, current.path),
      overwrite: false,
      thumbnail: { path: gallery.thumbnailOf(current.id), side: thumbnailSide },
      entry,
    });
    this.#rememberTimes(job, active);
    return this.#finishPicture(job, active, {
      ...entry,
      path: current.path,
      width,
      height,
      bytes,
      receipt: made.receipt,
    });
  }

  /** Name the picture on the disk, or go on with the one that was named. */
  async #begin(job: JobRow, active: Active, model: Model): Promise<CurrentPicture> {
    const modelIdentity = await fileIdentity(model.hashedFile);
    if (job.current !== null) {
      if (job.current.modelIdentity === modelIdentity) return job.current;
      if (active.step > 0) {
        throw new StudioError(
          'file-changed',
          `${basename(model.hashedFile)} changed while it was in use: the steps made so far belong to the old file, so the picture must start again.`,
          { file: model.hashedFile },
        );
      }
    }
    const current = { id: randomUUID(), path: await this.#freePath(job), modelIdentity };
    this.#rows.begin(job.id, current, 0);
    active.step = 0;
    active.furthest = 0;
    active.clock = new StepClock();
    return current;
  }

  /** The file is there: when it is ours, only the row was missing; null when it is a stranger's. */
  async #savedByAnEarlierLife(current: CurrentPicture): Promise<NewPicture | null> {
    const { worker, home } = this.#parts;
    const file = await worker.readPicture({ path: join(home.pictures, current.path) }).catch(() => null);
    const own = file === null ? null : readOwnMetadata(file.text);
    if (file === null || own?.picture?.id !== current.id) return null;
    const { picture, ...receipt } = own;
    return { ...picture, path: current.path, width: file.width, height: file.height, bytes: file.bytes, receipt };
  }

  /** A stranger's file took the name: the same picture, with the steps it has, under another. */
  async #renameCurrent(job: JobRow, current: CurrentPicture): Promise<void> {
    this.#rows.begin(job.id, { ...current, path: await this.#freePath(job) }, job.step);
  }

  /** One that is promised to no other job either. */
  #freePath(job: JobRow): Promise<string> {
    const promised = new Set(this.#rows.all().flatMap((each) => each.current?.path ?? []));
    const seed = job.settings.seed + job.pictures.length;
    return this.#parts.gallery.freePath({ prompt: job.settings.prompt, seed }, Date.now(), promised);
  }

  async #finishPicture(job: JobRow, active: Active, picture: NewPicture): Promise<boolean> {
    const { database, gallery } = this.#parts;
    const pictures = [...job.pictures, picture.id];
    const finished = pictures.length >= job.count;
    database.transaction(() => {
      gallery.add(picture);
      const notices = [...new Set([...job.notices, ...picture.receipt.notices])];
      this.#rows.finishPicture(job.id, pictures, notices);
      if (finished) this.#rows.remove(job.id);
    });
    active.step = 0;
    active.furthest = 0;
    active.losses = 0;
    active.clock = new StepClock();
    gallery.announce(picture.id);
    await rm(this.#checkpointOf(job), { force: true });
    if (!finished) this.#changed();
    return finished;
  }

  /** True: try again. */
  async #recover(job: JobRow, active: Active, error: unknown): Promise<boolean> {
    const { onNotice } = this.#parts;
    const message = errorMessageOf(error);
    const { kind } = message;
    const stoppedAt = active.step;
    active.step = await savedStep(this.#checkpointOf(job));
    if (kind === 'engine-lost' && active.losses < mostLosses) {
      active.losses += 1;
      active.lostAt ??= stoppedAt;
      active.clock = new StepClock();
      this.#rows.setStep(job.id, active.step, active.losses);
      return true;
    }
    if (brokenCheckpoint.has(kind) && message.file === this.#checkpointOf(job)) {
      await this.#startOver(job);
      active.step = 0;
      active.furthest = 0;
      onNotice(say.checkpointUnreadable());
      return true;
    }
    this.#rows.setStep(job.id, active.step, 0);
    const { stack: _stack, ...shown } = message;
    if (kind === 'engine-lost') {
      const text = say.engineKeepsStoppingText(active.lostAt ?? stoppedAt, active.step);
      this.#rows.fail(job.id, { ...shown, message: text });
      onNotice(say.engineKeepsStopping(job.id, active.step, text));
    } else {
      this.#rows.fail(job.id, shown);
      if (kind === 'out-of-memory') onNotice(say.outOfMemory(job.id, stoppedAt, active.step));
    }
    return false;
  }

  async #startOver(job: JobRow): Promise<void> {
    await rm(this.#checkpointOf(job), { force: true });
    this.#rows.begin(job.id, null, 0);
  }

  #onProgress(job: JobRow, active: Active, progress: GenerateProgress): void {
    const now = performance.now();
    if (progress.phase === 'denoising') {
      if (progress.step > active.furthest) {
        active.furthest = progress.step;
        active.losses = 0;
      }
      active.step = progress.step; // also after a wish to stop: the checkpoint has it
      active.clock.step(progress.step, now);
    }
    if (active.wish !== null || this.#state === 'closed') return;
    if (progress.phase === 'denoising') this.#tellThatItIsBack(active, progress.step - 1);
    if (progress.phase === 'decoding') this.#tellThatItIsBack(active, progress.steps);
    if (progress.phase === 'denoising' && now - active.stepSavedAt > stepSavedEveryMs) {
      active.stepSavedAt = now;
      this.#rows.setStep(job.id, active.step, active.losses);
      this.#changed();
    }
    const { secondsPerStep } = active.clock;
    const around = this.#times.get(job.settings)?.secondsAround ?? 0;
    const secondsLeft =
      secondsPerStep === null ? null : secondsPerStep * Math.max(0, progress.steps - active.step) + around;
    this.#parts.onProgress({ ...progress, jobId: job.id, picture: job.pictures.length, secondsLeft });
  }

  #tellThatItIsBack(active: Active, from: number): void {
    if (active.lostAt === null) return;
    this.#parts.onNotice(say.engineCameBack(active.lostAt, from));
    active.lostAt = null;
  }

  #rememberTimes(job: JobRow, active: Active): void {
    const { secondsPerStep } = active.clock;
    if (secondsPerStep === null) return;
    const secondsAround = active.clock.secondsSinceStep(performance.now());
    this.#times.remember(job.settings, { secondsPerStep, secondsAround });
  }

  #withLiveStep(job: JobRow): JobRow {
    return this.#active?.jobId === job.id ? { ...job, step: this.#active.step } : job;
  }

  #job(id: string): JobRow {
    const job = this.#rows.get(id);
    if (job === null) throw new StudioError('not-found', 'This job is not in the queue any more.');
    return job;
  }

  #checkpointOf(job: Pick<JobRow, 'id' | 'pictures'>): string {
    return join(this.#parts.home.checkpoints, checkpointName(job));
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
