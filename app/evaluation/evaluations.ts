import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type {
  EvaluationProgress,
  EvaluationResult,
  EvaluationRun,
  EvaluationSettings,
  PictureSource,
} from '../contracts/evaluation.js';
import { StudioError, errorMessageOf } from '../contracts/studio-error.js';
import type { Notice } from '../contracts/window.js';
import type { Database } from '../storage/database.js';
import { evaluate, type EvaluationParts } from './evaluate.js';
import { evaluationRows, type EvaluationRow, type EvaluationRows } from './evaluation-rows.js';
import type { EvaluationFiles } from './shown-files.js';

export interface EvaluationsParts {
  readonly database: Database;
  /** What an evaluation is made with, as things are when it begins. */
  readonly making: () => Promise<Omit<EvaluationParts, 'otherRun'>>;
  readonly onChanged: (id: string) => void;
  readonly onProgress: (progress: EvaluationProgress) => void;
  readonly onNotice: (notice: Notice) => void;
  /** A run left the list: what was kept for it may go. */
  readonly onRemoved: (id: string) => void;
}

/** Retries after a lost engine, counted from the last picture that was gained. */
const mostLosses = 3;
/** The window draws no faster. */
const progressEveryMs = 100;
/** How long closing waits; the engine is killed by its owner after that. */
const closeWithinMs = 3000;
/** How long a stop waits for the engine's running batch. */
const stopWithinMs = 500;

/** Why a running evaluation is asked to end. */
type Wish = 'stop' | 'close';

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  wish: Wish | null;
  /** As the row has it. */
  losses: number;
  /** By what is told: the most pictures that were done; ones that are done again after a loss are no gain. */
  readonly furthest: Map<string, number>;
}

/**
 * The runs of Evaluate, one at a time. A run is on the disk before it is acknowledged, and its result in one transaction
 * with its end: one that is cut off goes on at the next start, and vectors that it computed cost nothing then.
 */
export class Evaluations {
  readonly #parts: EvaluationsParts;
  readonly #rows: EvaluationRows;
  #running: Running | null = null;
  #lastFiles: { readonly id: string; readonly files: EvaluationFiles } | null = null;
  #standsStill: Promise<void> = Promise.resolve();
  #state: 'not-started' | 'open' | 'halted' | 'closed' = 'not-started';

  constructor(parts: EvaluationsParts) {
    this.#parts = parts;
    this.#rows = evaluationRows(parts.database);
  }

  /** Take up what an earlier life left: a run that was under way goes on by itself. */
  start(): void {
    for (const { id, state, losses } of this.#rows.all()) {
      if (state !== 'running') continue;
      if (losses >= mostLosses) this.#rows.fail(id, { kind: 'engine-lost', message: endedTheStudio }, Date.now());
      else {
        this.#rows.setLosses(id, losses + 1);
        this.#rows.setState(id, 'waiting');
      }
    }
    this.#state = 'open';
    this.#pump();
  }

  list(): EvaluationRun[] {
    return this.#rows.all().map(runOf);
  }

  get(id: string): { run: EvaluationRun; result: EvaluationResult | null } {
    return { run: runOf(this.#rows.existing(id)), result: this.#rows.result(id) };
  }

  /** A done run with its result; throws in words for the person when it is not done. */
  done(id: string): { run: EvaluationRun; result: EvaluationResult } {
    const { run, result } = this.get(id);
    if (result === null) {
      throw new StudioError('not-found', `${run.name} is not done yet, so there is nothing to report.`);
    }
    return { run, result };
  }

  /** Files of the pictures that a run's result shows. */
  files(id: string): EvaluationFiles {
    // A result's pictures are asked for one by one, and its list of files is long.
    if (this.#lastFiles?.id !== id) {
      this.#lastFiles = { id, files: this.#rows.files(id) ?? { generated: {}, reference: {} } };
    }
    return this.#lastFiles.files;
  }

  /** Null for a run that is gone. */
  nameOf(id: string): string | null {
    return this.#rows.get(id)?.name ?? null;
  }

  /** On the disk when this returns; it runs when those before it are done. */
  submit(settings: EvaluationSettings): EvaluationRun {
    const id = randomUUID();
    this.#rows.add(id, this.#freeName(settings.generated), settings, Date.now());
    const run = this.#rows.existing(id);
    this.#parts.onChanged(id);
    this.#pump();
    return runOf(run);
  }

  /** At once for the person, even where the engine's running batch takes longer; what was computed is kept. */
  async stop(id: string): Promise<void> {
    const run = this.#rows.existing(id);
    if (this.#running?.id === id) {
      this.#end(this.#running, 'stop');
      this.#rows.setState(id, 'stopped');
      this.#parts.onChanged(id);
      await this.#settled(stopWithinMs);
    } else if (run.state === 'waiting') {
      this.#rows.setState(id, 'stopped');
      this.#parts.onChanged(id);
    }
  }

  /** One that was stopped or failed goes on. */
  resume(id: string): void {
    const run = this.#rows.existing(id);
    if (run.state !== 'stopped' && run.state !== 'failed') return;
    this.#rows.setLosses(id, 0);
    this.#rows.setState(id, 'waiting');
    this.#parts.onChanged(id);
    this.#pump();
  }

  async remove(id: string): Promise<void> {
    await this.stop(id);
    this.#rows.remove(id);
    this.#parts.onRemoved(id);
    this.#parts.onChanged(id);
  }

  rename(id: string, name: string): void {
    this.#rows.existing(id);
    this.#rows.rename(id, name);
    this.#parts.onChanged(id);
  }

  /** The running one goes on at the next start. */
  async close(): Promise<void> {
    this.#state = 'closed';
    if (this.#running === null) return;
    // At once: a batch that outlives the wait must not look like a crash to the next start.
    if (this.#running.wish === null) this.#rows.setState(this.#running.id, 'waiting');
    this.#end(this.#running, 'close');
    await this.#settled(closeWithinMs);
  }

  /** What was stopped stays so when the studio closes. */
  #end(running: Running, wish: Wish): void {
    running.wish ??= wish;
    running.abort.abort();
  }

  /** The running one has come to its end, or the time is over. */
  async #settled(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([this.#standsStill, late]);
    clearTimeout(timer);
  }

  /** `run-12`; where that is taken `run-12 (2)`. */
  #freeName(source: PictureSource): string {
    const name = source.kind === 'gallery' ? 'Gallery' : basename(source.path) || source.path;
    for (let again = 1; ; again += 1) {
      const numbered = again === 1 ? name : `${name} (${again})`;
      if (!this.#rows.nameTaken(numbered)) return numbered;
    }
  }

  #pump(): void {
    if (this.#state !== 'open' || this.#running !== null) return;
    const run = this.#rows.nextWaiting();
    if (run === null) return;
    const running: Running = {
      ...{ id: run.id, abort: new AbortController(), wish: null },
      ...{ losses: run.losses, furthest: new Map() },
    };
    this.#running = running;
    this.#rows.setState(run.id, 'running');
    this.#parts.onChanged(run.id);
    this.#standsStill = this.#runAndGoOn(running);
  }

  /** Never rejects. */
  async #runAndGoOn(running: Running): Promise<void> {
    try {
      while (!(await this.#run(running)));
      this.#running = null;
      if (this.#state !== 'open') return;
      this.#parts.onChanged(running.id);
      this.#pump();
    } catch (error) {
      // Not the evaluation failed but its rows (the database, as a rule): going on would only turn in circles.
      this.#running = null;
      if (this.#state === 'closed') return; // one that outlived `close`: its database is gone
      this.#state = 'halted';
      const text = `Evaluate stands still: ${errorMessageOf(error).message}`;
      this.#parts.onNotice({ id: randomUUID(), tone: 'bad', text, action: null });
    }
  }

  /** True when it came to an end of some kind, which its row says; false: again. */
  async #run(running: Running): Promise<boolean> {
    const { database, making } = this.#parts;
    const { id } = running;
    try {
      const parts = { ...(await making()), otherRun: (other: string) => Promise.resolve(this.#otherRun(other)) };
      const { settings, name } = this.#rows.existing(id);
      const { result, files } = await evaluate(parts, settings, {
        onProgress: this.#paced(running),
        signal: running.abort.signal,
        intervals: true,
        name,
      });
      database.transaction(() => this.#rows.finish(id, result, files, Date.now()));
      this.#lastFiles = null;
      return true;
    } catch (error) {
      if (running.wish === null) return this.#recover(running, error);
      return true; // its row was set when it was asked to end, and may say something else by now
    }
  }

  #recover(running: Running, error: unknown): boolean {
    const { id } = running;
    const { stack: _stack, ...message } = errorMessageOf(error);
    if (message.kind === 'engine-lost' && running.losses < mostLosses) {
      this.#setLosses(running, running.losses + 1);
      return false;
    }
    if (message.kind === 'storage' && message.file === this.#parts.database.file) throw error;
    const text =
      message.kind === 'engine-lost'
        ? `${message.message} It was tried ${mostLosses + 1} times; another device, or a smaller network, may help.`
        : message.message;
    this.#rows.fail(id, { ...message, message: text }, Date.now());
    return true;
  }

  #otherRun(id: string) {
    const run = this.#rows.get(id);
    return run?.state === 'done' ? { name: run.name, settings: run.settings } : null;
  }

  /** Often enough to draw, and whenever another thing begins. */
  #paced(running: Running): (progress: Omit<EvaluationProgress, 'id'>) => void {
    let last = { at: -Infinity, what: '' };
    return (progress) => {
      const now = performance.now();
      const { what, phase, done, of } = progress;
      if (running.abort.signal.aborted) return;
      if (phase === 'features') this.#forgive(running, what, done);
      if (what === last.what && done < of && now - last.at < progressEveryMs) return;
      last = { at: now, what };
      this.#parts.onProgress({ id: running.id, ...progress });
    };
  }

  /** A picture more than ever before: losses are counted from here. The first count of a life are those known before. */
  #forgive(running: Running, what: string, done: number): void {
    const furthest = running.furthest.get(what);
    if (done === 0 || (furthest !== undefined && done <= furthest)) return;
    running.furthest.set(what, done);
    if (furthest !== undefined && running.losses > 0) this.#setLosses(running, 0);
  }

  #setLosses(running: Running, losses: number): void {
    running.losses = losses;
    this.#rows.setLosses(running.id, losses);
  }
}

const endedTheStudio =
  'The studio ended again and again in this evaluation; another device, or fewer pictures, may help.';

/** Without the queue's own knowledge. */
function runOf({ losses: _losses, ...run }: EvaluationRow): EvaluationRun {
  return run;
}
