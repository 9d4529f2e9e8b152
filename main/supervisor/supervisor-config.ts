import type { ChildHost } from './child-host.js';

/** Everything that decides how a child is kept. Fixed for the life of the supervised child. */
export interface SupervisorConfig {
  /** What sentences call it: `engine`, `worker`. */
  readonly name: string;
  /** As process lists show it: `Inkstone engine`. */
  readonly title: string;
  /** `forkHost` or `utilityProcessHost`. */
  readonly host: ChildHost;
  /** Absolute path of the child's JavaScript file. */
  readonly entry: string;
  /** Arguments of the child. Default: none. */
  readonly args: readonly string[];
  /** Start again by itself after a crash, instead of with the next call. Default: false. */
  readonly keepRunning: boolean;
  /** Nice value that the child runs at, -20 to 19; null leaves the parent's. Default: null. Best effort. */
  readonly priority: number | null;
  /** How long a child may take until it says that it is ready; then it is killed. Default: 30 s. */
  readonly startTimeoutMs: number;
  /** How long a call may go on after its cancel was sent; then the child is killed. Default: 4 s. */
  readonly cancelGraceMs: number;
  /** How long a child that is asked to stop may take; then it is killed. Default: 2 s. */
  readonly stopGraceMs: number;
  /** Pause before the first, second ... restart of a series; the last one repeats. Default: 0, 0.5, 2, 5 s. */
  readonly backOffMs: readonly number[];
  /** So many unasked ends within the time are a crash loop: no more restarts until it has passed. Default: 5 in 60 s. */
  readonly crashLoop: { readonly ends: number; readonly withinMs: number };
  /** Gets a line now and then: starts, ends, what the child wrote. Default: nobody. */
  readonly log: (line: string) => void;
}

export const supervisorDefaults = {
  args: [],
  keepRunning: false,
  priority: null,
  startTimeoutMs: 30_000,
  cancelGraceMs: 4_000,
  stopGraceMs: 2_000,
  backOffMs: [0, 500, 2_000, 5_000],
  crashLoop: { ends: 5, withinMs: 60_000 },
  log: () => undefined,
} satisfies Partial<SupervisorConfig>;

/** A configuration with the defaults left out. */
export type SupervisorOptions = Omit<SupervisorConfig, keyof typeof supervisorDefaults> &
  Partial<Pick<SupervisorConfig, keyof typeof supervisorDefaults>>;
