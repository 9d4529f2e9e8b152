import { errorMessageOf } from '../../app/contracts/studio-error.js';
import { readFlags } from './flags.js';
import { helpOf, helpOfAll } from './help.js';
import { ProgressLine } from './progress-line.js';
import { Session } from './session.js';
import { UsageError } from './usage-error.js';
import type { Verb } from './verb.js';
import { verbs } from './verbs/index.js';

/** The command line: `inkstone <verb> [flags]`. Its contract: docs/command-line.md. Exit 0 done, 1 failed, 2 not understood. */
async function main(args: readonly string[]): Promise<number> {
  const progress = new ProgressLine();
  const asJson = args.includes('--json');
  try {
    if (args.length === 0 || args[0] === '--help' || args[0] === 'help') {
      await print(helpOfAll(verbs));
      return args.length === 0 ? 2 : 0;
    }
    const { verb, rest } = findVerb(args);
    const given = readFlags(verb.name, verb.flags, rest);
    if (given.has('help')) {
      await print(helpOf(verb));
      return 0;
    }
    if (given.positionals.length !== verb.positionals.length) {
      throw new UsageError(`The form is: inkstone ${verb.name} ${verb.usage}`);
    }
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    process.once('SIGTERM', () => interrupted.abort());
    const session = new Session({ home: given.text('home') }, progress, interrupted.signal);
    try {
      const outcome = await verb.run(given, session);
      progress.clear();
      const text = asJson ? JSON.stringify(outcome.json) : outcome.text;
      if (text !== null) await print(text);
      return 0;
    } finally {
      await session.close();
    }
  } catch (error) {
    progress.clear();
    const usage = error instanceof UsageError;
    const { kind, message, file, stack } = errorMessageOf(error);
    if (asJson) await print(JSON.stringify({ error: { kind: usage ? 'usage' : kind, message, file } }));
    if (args.includes('--debug') && stack !== undefined) progress.say(stack);
    progress.say(message);
    return usage ? 2 : 1;
  }
}

/** `models list` before `models`: the longest name that the words begin with. */
function findVerb(args: readonly string[]): { verb: Verb; rest: readonly string[] } {
  for (const words of [2, 1]) {
    const verb = verbs.find(({ name }) => name === args.slice(0, words).join(' '));
    if (verb !== undefined) return { verb, rest: args.slice(words) };
  }
  const list = verbs.map(({ name }) => name).join(', ');
  throw new UsageError(`There is no verb “${args[0]}”; there is ${list}.`);
}

/** Resolves when the line has left this process: a pipe may be slow, and exiting would cut it. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}

process.exitCode = await main(process.argv.slice(2));
