import type { Flags, GivenFlags } from './flags.js';
import type { Session } from './session.js';

/** One verb of the command line: one file in `verbs/`, one line in its list. */
export interface Verb {
  /** As typed: `generate`, `models list`. */
  readonly name: string;
  /** What stands after the name in help: `--prompt P --out PATH`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Flags;
  /** Positional arguments it takes, named for the refusal: `['PATH']`. */
  readonly positionals: readonly string[];
  run(given: GivenFlags, session: Session): Promise<Outcome>;
}

/** What a verb has to say: the object of `--json`, and the same for people. */
export interface Outcome {
  readonly json: object;
  /** Null when all has been said while it worked. */
  readonly text: string | null;
}
