import { errorMessageOf } from '../../app/contracts/studio-error.js';
import { readFlags } from './flags.js';
import { helpOf, helpOfAll, helpOfGroup } from './help.js';
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
    if (args[0] === undefined || helpWords.has(args[0])) {
      await print(helpOfAll(verbs));
      return args.length === 0 ? 2 : 0;
    }
    const group = groupOf(args);
    if (group !== null) {
      const [name = '', word] = args;
      if (word === undefined || helpWords.has(word)) {
        await print(helpOfGroup(name, group));
        return word === undefined ? 2 : 0;
      }
      const list = group.map((verb) => verb.name.slice(name.length + 1)).join(', ');
      throw new UsageError(`“${name}” has no verb “${word}”; there is ${list}.`);
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

const helpWords: ReadonlySet<string> = new Set(['--help', 'help']);

/** The verbs of the first word, where it only begins the names of several and the second word names none of them. */
function groupOf(args: readonly string[]): readonly Verb[] | null {
  if (verbs.some(({ name }) => name === args[0])) return null; // “eval” is a verb of its own beside “eval stats”
  const group = verbs.filter(({ name }) => name.startsWith(`${args[0]} `));
  const named = group.some(({ name }) => name === args.slice(0, 2).join(' '));
  return group.length === 0 || named ? null : group;
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
