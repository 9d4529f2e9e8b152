import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromChild, type FromChild, type ToChild } from '../../app/contracts/child-process.js';
import { errorFromMessage, StudioError } from '../../app/contracts/studio-error.js';
import { childEndOf, type ChildEnd } from './child-end.js';
import type { HostedChild, RawEnd } from './child-host.js';
import { Listeners } from './listeners.js';
import { countMemoryKills } from './memory-kills.js';
import { supervisorDefaults, type SupervisorConfig, type SupervisorOptions } from './supervisor-config.js';

export type ChildState = 'idle' | 'starting' | 'ready' | 'busy' | 'restarting' | 'failed' | 'closed';

export interface ChildStatus {
  readonly state: ChildState;
  readonly pid: number | null;
  /** Resident memory as the child last told it, in bytes; 0 before that and while none runs. */
  readonly residentBytes: number;
  /** What ended the last one, if its end was not asked for; null after a start that worked. */
  readonly lastCrash: ChildEnd | null;
}

/** What a caller hands over with a call; replies are still unvalidated here. */
export interface RawCall {
  readonly call: string;
  readonly request: unknown;
  readonly onProgress: (progress: unknown) => void;
  readonly signal: AbortSignal | null;
}

interface PendingCall {
  resolve(reply: unknown): void;
  reject(error: StudioError): void;
  progress(progress: unknown): void;
  /** Set once cancel was sent. */
  cancelled: boolean;
}

/** One process that runs now. */
interface Running {
  readonly hosted: HostedChild;
  readonly calls: Map<number, PendingCall>;
  readonly memoryKillsBefore: number;
  readonly ended: Promise<void>;
  intent: 'asked' | 'stuck' | 'not-started' | null;
  residentBytes: number;
  lastWords: string;
}

/**
 * A child process that is started when first needed and started again after it ended, with growing pauses; a crash
 * loop is told from bad luck. When it ends, every call in flight rejects with kind `engine-lost` and the reason in a
 * sentence: nothing waits for ever.
 */
export class SupervisedChild {
  readonly config: SupervisorConfig;
  readonly #statusListeners = new Listeners<ChildStatus>();
  readonly #exitListeners = new Listeners<ChildEnd>();
  readonly #crashListeners = new Listeners<ChildEnd>();
  #running: Running | null = null;
  #starting: Promise<Running> | null = null;
  #closed: AbortController = new AbortController();
  #lastCrash: ChildEnd | null = null;
  /** Times (performance.now) of the unasked ends that count towards a crash loop. */
  #crashes: number[] = [];
  #nextCallId = 1;

  constructor(options: SupervisorOptions) {
    this.config = { ...supervisorDefaults, ...options };
  }

  onStatus(listener: (status: ChildStatus) => void): () => void {
    return this.#statusListeners.add(listener);
  }

  /** A child that we had asked to stop has ended. */
  onExit(listener: (end: ChildEnd) => void): () => void {
    return this.#exitListeners.add(listener);
  }

  /** A child has ended unasked; its calls have been rejected. */
  onCrash(listener: (end: ChildEnd) => void): () => void {
    return this.#crashListeners.add(listener);
  }

  status(): ChildStatus {
    return {
      state: this.#state(),
      pid: this.#running?.hosted.pid ?? null,
      residentBytes: this.#running?.residentBytes ?? 0,
      lastCrash: this.#lastCrash,
    };
  }

  /** Start now what would start with the first call; resolves when the child listens. */
  async warm(): Promise<void> {
    await this.#ensureRunning();
  }

  async call({ call, request, onProgress, signal }: RawCall): Promise<unknown> {
    if (signal?.aborted === true) throw cancelled();
    const running = await unlessAborted(this.#ensureRunning(), signal);
    if (this.#running !== running) throw this.#lost();
    const id = this.#nextCallId++;
    return new Promise((resolve, reject) => {
      const pending: PendingCall = {
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        progress: onProgress,
        cancelled: false,
      };
      let graceTimer: NodeJS.Timeout | undefined;
      const cancel = () => {
        pending.cancelled = true;
        running.hosted.post({ type: 'cancel', id });
        graceTimer = setTimeout(() => this.#kill(running, 'stuck'), this.config.cancelGraceMs);
      };
      const settle = () => {
        clearTimeout(graceTimer);
        signal?.removeEventListener('abort', cancel);
        running.calls.delete(id);
        this.#changed();
      };
      running.calls.set(id, pending);
      signal?.addEventListener('abort', cancel, { once: true });
      running.hosted.post({ type: 'call', id, call, request } satisfies ToChild);
      this.#changed();
    });
  }

  /** End the child if one runs; the next call starts another. Resolves when it is gone. */
  async stop(): Promise<void> {
    const running = this.#running ?? (await this.#starting?.catch(() => null));
    if (running === null || running === undefined) return;
    running.intent ??= 'asked';
    running.hosted.post({ type: 'end' });
    const impatience = setTimeout(() => running.hosted.kill(), this.config.stopGraceMs);
    await running.ended;
    clearTimeout(impatience);
  }

  /** End the child for good: later calls reject. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.stop();
    this.#changed();
  }

  #state(): ChildState {
    if (this.#closed.signal.aborted) return 'closed';
    if (this.#running !== null) return this.#running.calls.size > 0 ? 'busy' : 'ready';
    if (this.#starting !== null) return this.#lastCrash === null ? 'starting' : 'restarting';
    if (this.#inCrashLoop()) return 'failed';
    return this.#lastCrash === null ? 'idle' : 'restarting';
  }

  #ensureRunning(): Promise<Running> {
    if (this.#closed.signal.aborted) return Promise.reject(this.#lost());
    if (this.#running !== null) return Promise.resolve(this.#running);
    if (this.#starting === null) {
      this.#starting = this.#start().finally(() => {
        this.#starting = null;
        this.#changed();
        this.#restartIfWanted();
      });
      this.#changed();
    }
    return this.#starting;
  }

  async #start(): Promise<Running> {
    if (this.#inCrashLoop()) throw this.#lost();
    const pause = this.#pauseMs();
    if (pause > 0) await sleep(pause, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    if (this.#closed.signal.aborted) throw this.#lost();
    const { config } = this;
    const ready = signalOnce();
    const gone = signalOnce();
    const running: Running = {
      hosted: config.host(
        { entry: config.entry, args: config.args, title: config.title },
        {
          // Before it makes threads, which inherit it.
          made: (pid) => lowerPriority(pid, config.priority),
          message: (message) => {
            const parsed = fromChild.safeParse(message);
            if (!parsed.success) config.log(`${config.name}: message not understood: ${parsed.error.message}`);
            else if (parsed.data.type === 'ready') ready.happens();
            else this.#receive(running, parsed.data);
          },
          output: (text) => {
            running.lastWords = (running.lastWords + text).slice(-lastWordsLength);
            config.log(`${config.name}: ${text.trimEnd()}`);
          },
          end: (raw) => {
            this.#ended(running, raw);
            gone.happens();
          },
        },
      ),
      calls: new Map(),
      memoryKillsBefore: countMemoryKills(),
      ended: gone.happened,
      intent: null,
      residentBytes: 0,
      lastWords: '',
    };
    const impatience = setTimeout(() => this.#kill(running, 'not-started'), config.startTimeoutMs);
    const closed = () => this.#kill(running, 'asked');
    this.#closed.signal.addEventListener('abort', closed, { once: true });
    const isReady = await Promise.race([ready.happened.then(() => true), gone.happened.then(() => false)]);
    clearTimeout(impatience);
    this.#closed.signal.removeEventListener('abort', closed);
    if (!isReady) throw this.#lost();
    this.#running = running;
    this.#lastCrash = null;
    config.log(`${config.name}: ready, process ${running.hosted.pid ?? 'unknown'}`);
    return running;
  }

  #receive(running: Running, message: Exclude<FromChild, { type: 'ready' }>): void {
    switch (message.type) {
      case 'memory':
        running.residentBytes = message.resident;
        this.#changed();
        return;
      case 'progress':
        running.calls.get(message.id)?.progress(message.progress);
        return;
      case 'reply':
        running.calls.get(message.id)?.resolve(message.reply);
        return;
      case 'failed':
        if (message.error.kind === 'internal')
          this.config.log(`${this.config.name}: ${message.error.stack ?? message.error.message}`);
        running.calls.get(message.id)?.reject(errorFromMessage(message.error));
    }
  }

  #kill(running: Running, intent: 'asked' | 'stuck' | 'not-started'): void {
    running.intent ??= intent;
    running.hosted.kill();
  }

  #ended(running: Running, raw: RawEnd): void {
    const { name, log } = this.config;
    const end = childEndOf({
      name,
      intent: running.intent,
      raw,
      lastWords: running.lastWords,
      systemKilledForMemory: countMemoryKills() > running.memoryKillsBefore,
    });
    log(`${name}: ended, ${end.reason} (code ${end.code ?? '-'}, signal ${end.signal ?? '-'})`);
    if (this.#running === running) this.#running = null;
    const asked = end.reason === 'asked';
    if (!asked) {
      this.#lastCrash = end;
      if (end.reason !== 'stuck') this.#crashes.push(performance.now());
    }
    for (const call of [...running.calls.values()]) {
      call.reject(call.cancelled ? cancelled() : new StudioError('engine-lost', end.sentence));
    }
    (asked ? this.#exitListeners : this.#crashListeners).tell(end);
    this.#changed();
    this.#restartIfWanted();
  }

  #restartIfWanted(): void {
    if (!this.config.keepRunning || this.#lastCrash === null || this.#running !== null || this.#starting !== null)
      return;
    if (this.#closed.signal.aborted || this.#inCrashLoop()) return;
    // Whoever makes a call gets the reason of a failure; here it is only logged.
    this.#ensureRunning().catch(() => undefined);
  }

  /** Only ends of the recent past count, so a child that failed may be tried again after a while. */
  #recentCrashes(): number[] {
    const since = performance.now() - this.config.crashLoop.withinMs;
    this.#crashes = this.#crashes.filter((time) => time > since);
    return this.#crashes;
  }

  #inCrashLoop(): boolean {
    return this.#recentCrashes().length >= this.config.crashLoop.ends;
  }

  #pauseMs(): number {
    const crashes = this.#recentCrashes();
    const last = crashes.at(-1);
    if (last === undefined) return 0;
    const pause = this.config.backOffMs[crashes.length - 1] ?? this.config.backOffMs.at(-1) ?? 0;
    return Math.max(0, last + pause - performance.now());
  }

  /** Why there is no child to answer. */
  #lost(): StudioError {
    const { name, crashLoop } = this.config;
    if (this.#closed.signal.aborted) return new StudioError('engine-lost', `The ${name} was closed.`);
    const sentence = this.#lastCrash?.sentence ?? `The ${name} stopped.`;
    if (!this.#inCrashLoop()) return new StudioError('engine-lost', sentence);
    const minutes = Math.max(1, Math.round(crashLoop.withinMs / 60_000));
    return new StudioError(
      'engine-lost',
      `The ${name} stopped ${crashLoop.ends} times in a short time and is left alone for ${minutes} min. The last time: ${sentence}`,
    );
  }

  #changed(): void {
    this.#statusListeners.tell(this.status());
  }
}

/** Enough for an error with its stack trace. */
const lastWordsLength = 8_192;

/** Something that happens once, and a promise of it. */
function signalOnce(): { happens: () => void; happened: Promise<void> } {
  let happens: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    happens = resolve;
  });
  return { happens, happened };
}

const cancelled = (): StudioError => new StudioError('cancelled', 'Stopped.');

/** The promise's own result, or `cancelled` as soon as the signal says so. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (signal === null) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function lowerPriority(pid: number, priority: number | null): void {
  if (priority === null) return;
  try {
    setPriority(pid, priority);
  } catch {
    // Not permitted here, or the child has just ended: it then runs at our own priority, which works as well.
  }
}
