import type { ToChild } from '../../app/contracts/child-process.js';

/** What the supervisor needs of a process, so that it can be a plain Node child or Electron's utility process. */
export interface HostedChild {
  /** Null until the system has made the process, and when it could not. */
  readonly pid: number | null;
  post(message: ToChild): void;
  /** At once and without a word (SIGKILL); the end is reported as any other. */
  kill(): void;
}

export interface HostedChildListener {
  /** The system has made the process; it does not listen yet. */
  made(pid: number): void;
  /** Not validated yet. */
  message(message: unknown): void;
  /** What the child wrote to its standard output or error. */
  output(text: string): void;
  /** Exactly once, also when the process could not be made. */
  end(end: RawEnd): void;
}

/** How the system says that a process ended. */
export interface RawEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The JavaScript engine gave up for want of memory. */
  readonly heapExhausted: boolean;
  /** The system's words when the process could not be made at all. */
  readonly launchError: string | null;
}

export interface ChildCommand {
  /** Absolute path of the JavaScript file. */
  readonly entry: string;
  readonly args: readonly string[];
  /** As process lists show it: `Inkstone engine`. */
  readonly title: string;
}

/** Makes one process. */
export type ChildHost = (command: ChildCommand, listener: HostedChildListener) => HostedChild;
