import type { RawEnd } from './child-host.js';

/** Why a child ended, told apart by what a person is told and what happens next. */
export type ChildEndReason =
  /** We stopped it. */
  | 'asked'
  /** We killed it: it did not obey a cancel in time. */
  | 'stuck'
  /** Never said that it is ready. */
  | 'not-started'
  /** A signal from outside: a task manager, `kill`. */
  | 'killed'
  | 'out-of-memory'
  /** A mapped model file was cut or vanished under it (SIGBUS). */
  | 'file-lost'
  /** Native code failed: SIGSEGV, SIGABRT ... */
  | 'crashed'
  /** An uncaught exception or an exit code of its own. */
  | 'failed'
  /** It left by itself, with exit code 0. */
  | 'ended';

export interface ChildEnd {
  readonly reason: ChildEndReason;
  /** One sentence for a person. */
  readonly sentence: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote, for the log. */
  readonly lastWords: string;
}

export interface EndEvidence {
  /** `engine`, `worker`. */
  readonly name: string;
  /** What we did to it, if anything. */
  readonly intent: 'asked' | 'stuck' | 'not-started' | null;
  readonly raw: RawEnd;
  readonly lastWords: string;
  /** The system killed some process for want of memory while this one ran. */
  readonly systemKilledForMemory: boolean;
}

export function childEndOf(evidence: EndEvidence): ChildEnd {
  const reason = reasonOf(evidence);
  const { code, signal } = evidence.raw;
  return { reason, sentence: sentenceOf(reason, evidence), code, signal, lastWords: evidence.lastWords };
}

function reasonOf({ intent, raw, lastWords, systemKilledForMemory }: EndEvidence): ChildEndReason {
  if (intent !== null) return intent;
  if (raw.launchError !== null) return 'not-started';
  if (raw.heapExhausted || /heap out of memory|std::bad_alloc|OutOfMemory/.test(lastWords)) return 'out-of-memory';
  switch (raw.signal) {
    case null:
      break;
    case 'SIGKILL':
      return systemKilledForMemory ? 'out-of-memory' : 'killed';
    case 'SIGTERM':
    case 'SIGINT':
    case 'SIGHUP':
    case 'SIGQUIT':
      return 'killed';
    case 'SIGBUS':
      return 'file-lost';
    default:
      return 'crashed';
  }
  if (raw.code === 0) return 'ended';
  if (raw.code === windowsOutOfMemory) return 'out-of-memory';
  return raw.code !== null && raw.code >= windowsFaults ? 'crashed' : 'failed';
}

function sentenceOf(reason: ChildEndReason, { name, raw }: EndEvidence): string {
  switch (reason) {
    case 'asked':
      return `The ${name} was stopped.`;
    case 'stuck':
      return `The ${name} was restarted, because its step took too long to stop.`;
    case 'not-started':
      return raw.launchError === null
        ? `The ${name} did not start in time.`
        : `The ${name} could not be started: ${raw.launchError}.`;
    case 'killed':
      return `The ${name} stopped: it was killed from outside.`;
    case 'out-of-memory':
      return `The ${name} ran out of memory.`;
    case 'file-lost':
      return `The ${name} crashed: a model file was changed or removed while it was in use.`;
    case 'crashed':
      return `The ${name} crashed (${raw.signal ?? hexadecimal(raw.code)}).`;
    case 'failed':
      return `The ${name} stopped with an error (exit code ${raw.code ?? 'unknown'}).`;
    case 'ended':
      return `The ${name} stopped by itself.`;
  }
}

/** Exit codes from here on are Windows' own (0xC0000005 = access violation). */
const windowsFaults = 0x8000_0000;
/** What Chromium's allocator exits with on Windows. */
const windowsOutOfMemory = 0xe000_0008;

const hexadecimal = (code: number | null): string => (code === null ? 'unknown' : `0x${code.toString(16)}`);
