import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AdapterSource } from '../adapters/adapter-shelf-port.js';
import { pictureAdapters, type PictureAdapters } from '../adapters/picture-adapters.js';
import type { Capabilities, DeviceWish } from '../contracts/capabilities.js';
import type { Engine, GenerateProgress } from '../contracts/engine.js';
import type { JobProgress } from '../contracts/generation.js';
import type { Model } from '../contracts/models.js';
import { errorMessageOf } from '../contracts/studio-error.js';
import type { Notice } from '../contracts/window.js';
import type { Worker } from '../contracts/worker.js';
import type { Gallery, NewPicture } from '../gallery/gallery.js';
import type { Library } from '../library/library.js';
import type { Database } from '../storage/database.js';
import { fileIdentity } from '../storage/file-identity.js';
import type { Home } from '../storage/home.js';
import { brokenCheckpoint, checkpointOf, savedStep, startOver } from './checkpoints.js';
import {
  changedSince,
  nameCurrent,
  renameCurrent,
  saveCurrent,
  savedByAnEarlierLife,
  seedOf,
} from './current-picture.js';
import type { JobRow, JobRows } from './job-rows.js';
import { makePicture, type MadePicture } from './make-picture.js';
import * as say from './queue-notices.js';
import { StepClock, type StepTimes } from './step-times.js';

/** What pictures are made with, and who is told. */
export interface MakingParts {
  readonly database: Database;
  readonly home: Home;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly library: Library;
  readonly adapters: AdapterSource;
  readonly gallery: Gallery;
  readonly capabilities: () => Promise<Capabilities>;
  /** The device that the person wants now; asked before each picture. */
  readonly device: () => DeviceWish;
  /** The studio's own version, for the receipts. */
  readonly version: string;
  readonly onProgress: (progress: JobProgress) => void;
  readonly onNotice: (notice: Notice) => void;
}

/** What the job that runs knows of its queue. */
export interface QueueOfJob {
  readonly rows: JobRows;
  readonly times: StepTimes;
  /** The job's row or its step changed. Its end is told by `run`. */
  readonly onChanged: () => void;
}

/** Retries after a lost engine, counted from the last step that was gained. */
export const mostLosses = 3;
/** Steps are made in milliseconds by small models, and a commit waits for the disk: the row follows at most this often. */
const stepSavedEveryMs = 1000;

/** Why a running job is asked to end. */
type Wish = 'stop' | 'close';

/**
 * The life of one job, picture after picture, from the time it is taken off the waiting ones until it is done, stopped
 * or failed. What happens to it is written to its row at once; only its step is here, ahead of the row's.
 */
export class RunningJob {
  readonly id: string;
  readonly #parts: MakingParts;
  readonly #queue: QueueOfJob;
  readonly #abort = new AbortController();
  #wish: Wish | null = null;
  #step: number;
  /** The furthest step of this picture; one that was lost and made again is no gain. */
  #furthest: number;
  #losses: number;
  /** Where the engine was lost: to be told as soon as it is known where it goes on. */
  #lostAt: number | null = null;
  #clock = new StepClock();
  #stepSavedAt = -Infinity;

  constructor(parts: MakingParts, queue: QueueOfJob, job: JobRow) {
    this.id = job.id;
    this.#parts = parts;
    this.#queue = queue;
    this.#step = job.step;
    this.#furthest = job.step;
    this.#losses = job.losses;
  }

  /** Of the current picture. */
  get step(): number {
    return this.#step;
  }

  /** As measured now; null before the second step. */
  get secondsPerStep(): number | null {
    return this.#clock.secondsPerStep;
  }

  /** Ask it to end between two steps: `stop` leaves it standing, `close` puts it back in front for the next start. */
  end(wish: Wish): void {
    if (this.#wish !== 'close') this.#wish = wish;
    this.#abort.abort();
  }

  /** Resolves when the job has come to its end and its row says so; rejects when the rows themselves fail. */
  async run(): Promise<void> {
    for (;;) {
      const job = this.#queue.rows.existing(this.id);
      if (this.#wish !== null) {
        await this.#standStill(job, this.#wish);
        return;
      }
      try {
        const finished = await this.#nextPicture(job);
        if (finished) return;
      } catch (error) {
        if (this.#wish !== null) continue;
        if (!(await this.#recover(job, error))) return;
      }
    }
  }

  async #standStill(job: JobRow, wish: Wish): Promise<void> {
    const { rows } = this.#queue;
    this.#step = await savedStep(this.#checkpointOf(job));
    rows.setStep(job.id, this.#step, this.#losses);
    if (wish === 'stop') rows.setState(job.id, 'stopped');
    else rows.toFront(job.id, this.#losses);
  }

  /** True when it was the job's last. */
  async #nextPicture(job: JobRow): Promise<boolean> {
    const { library, adapters: source, gallery, home } = this.#parts;
    const { rows, times } = this.#queue;
    if (job.current !== null && (await fileIdentity(join(home.pictures, job.current.path)))) {
      const saved = await savedByAnEarlierLife(job.current, this.#parts);
      if (saved !== null) return this.#finishPicture(job, saved);
      await renameCurrent(job, job.current, rows, gallery);
      return false;
    }
    const model = await library.ready(job.settings.model);
    const adapters = await pictureAdapters(job.settings, model, source);
    const current = await nameCurrent(job, this.#step, { model, adapters }, rows, gallery);
    if (current !== job.current) this.#atFirstStep();
    const made = await this.#make(job, model, adapters);
    const changed = await changedSince(current, { model, adapters });
    if (changed !== null) {
      made.receipt.notices.push(`${basename(changed)} changed while this picture was made: it may mix both.`);
    }
    const saved = await saveCurrent(current, made, this.#parts);
    times.remember(job.settings, this.#clock, performance.now());
    const finished = await this.#finishPicture(job, saved);
    await this.#tellShelf(adapters, made, join(home.pictures, saved.path));
    return finished;
  }

  /** The picture is saved whatever the shelf says: what it cannot remember is told, and fails no job. */
  async #tellShelf({ used }: PictureAdapters, { generated }: MadePicture, path: string): Promise<void> {
    const uses = generated.adapters.flatMap(({ file, how, seconds }) => {
      const id = used.find(({ adapter }) => adapter.path === file)?.adapter.id ?? null;
      return id === null ? [] : { id, how, seconds };
    });
    if (uses.length === 0) return;
    try {
      await this.#parts.adapters.used(uses, { path });
    } catch (error) {
      this.#parts.onNotice({ id: randomUUID(), tone: 'warn', text: errorMessageOf(error).message, action: null });
    }
  }

  async #make(job: JobRow, model: Model, adapters: PictureAdapters): Promise<MadePicture> {
    const { engine, capabilities, device, version, home, onProgress } = this.#parts;
    const { versions } = await capabilities();
    const made = await makePicture(
      engine,
      {
        model,
        settings: { ...job.settings, seed: seedOf(job) },
        adapters,
        apply: 'auto',
        device: device(),
        latents: null,
        checkpointFile: this.#checkpointOf(job),
        previewCache: home.previews,
        versions: { inkstone: version, onnxruntime: versions.onnxruntime },
      },
      (progress) => this.#onProgress(job, progress),
      this.#abort.signal,
    );
    const { width, height } = made.generated;
    const { steps } = job.settings;
    this.#tellThatItIsBack(steps); // lost while decoding: all steps were there
    const at = { jobId: job.id, picture: job.pictures.length, width, height, steps, preview: null };
    onProgress({ ...at, phase: 'saving', step: steps, secondsLeft: null });
    return made;
  }

  async #finishPicture(job: JobRow, picture: NewPicture): Promise<boolean> {
    const { database, gallery } = this.#parts;
    const { rows, onChanged } = this.#queue;
    const pictures = [...job.pictures, picture.id];
    const finished = pictures.length >= job.count;
    database.transaction(() => {
      gallery.add(picture);
      const notices = [...new Set([...job.notices, ...picture.receipt.notices])];
      rows.finishPicture(job.id, pictures, notices);
      if (finished) rows.remove(job.id);
    });
    this.#atFirstStep();
    this.#losses = 0;
    gallery.announce(picture.id);
    await rm(this.#checkpointOf(job), { force: true });
    if (!finished) onChanged();
    return finished;
  }

  /** True: try again. */
  async #recover(job: JobRow, error: unknown): Promise<boolean> {
    const { home, onNotice } = this.#parts;
    const { rows } = this.#queue;
    const message = errorMessageOf(error);
    const { kind } = message;
    const stoppedAt = this.#step;
    this.#step = await savedStep(this.#checkpointOf(job));
    if (kind === 'engine-lost' && this.#losses < mostLosses) {
      this.#losses += 1;
      this.#lostAt ??= stoppedAt;
      this.#clock = new StepClock();
      rows.setStep(job.id, this.#step, this.#losses);
      return true;
    }
    if (brokenCheckpoint.has(kind) && message.file === this.#checkpointOf(job)) {
      await startOver(job, home, rows);
      this.#atFirstStep();
      onNotice(say.checkpointUnreadable());
      return true;
    }
    rows.setStep(job.id, this.#step, 0);
    const { stack: _stack, ...shown } = message;
    if (kind === 'engine-lost') {
      const text = say.engineKeepsStoppingText(this.#lostAt ?? stoppedAt, this.#step);
      rows.fail(job.id, { ...shown, message: text });
      onNotice(say.engineKeepsStopping(job.id, this.#step, text));
    } else {
      rows.fail(job.id, shown);
      if (kind === 'out-of-memory') onNotice(say.outOfMemory(job.id, stoppedAt, this.#step));
    }
    return false;
  }

  #atFirstStep(): void {
    this.#step = 0;
    this.#furthest = 0;
    this.#clock = new StepClock();
  }

  #onProgress(job: JobRow, progress: GenerateProgress): void {
    const now = performance.now();
    if (progress.phase === 'denoising') {
      if (progress.step > this.#furthest) {
        this.#furthest = progress.step;
        this.#losses = 0;
      }
      this.#step = progress.step; // also after a wish to stop: the checkpoint has it
      this.#clock.step(progress.step, now);
    }
    if (this.#wish !== null) return;
    if (progress.phase === 'denoising') this.#tellThatItIsBack(progress.step - 1);
    if (progress.phase === 'decoding') this.#tellThatItIsBack(progress.steps);
    if (progress.phase === 'denoising' && now - this.#stepSavedAt > stepSavedEveryMs) {
      this.#stepSavedAt = now;
      this.#queue.rows.setStep(job.id, this.#step, this.#losses);
      this.#queue.onChanged();
    }
    const secondsLeft = this.#queue.times.secondsLeftOf(job.settings, this.#clock, progress.steps - this.#step);
    this.#parts.onProgress({ ...progress, jobId: job.id, picture: job.pictures.length, secondsLeft });
  }

  #tellThatItIsBack(from: number): void {
    if (this.#lostAt === null) return;
    this.#parts.onNotice(say.engineCameBack(this.#lostAt, from));
    this.#lostAt = null;
  }

  #checkpointOf(job: JobRow): string {
    return checkpointOf(job, this.#parts.home);
  }
}
