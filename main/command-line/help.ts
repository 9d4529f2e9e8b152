import { commonFlags, type Flags } from './flags.js';
import type { Verb } from './verb.js';

export function helpOfAll(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  return [
    'Inkstone Studio without a window.',
    '',
    ...verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '“inkstone VERB --help” tells the flags of a verb.',
  ].join('\n');
}

export function helpOf(verb: Verb): string {
  return [
    `inkstone ${verb.name} ${verb.usage}`,
    '',
    `${verb.summary}.`,
    '',
    ...flagLines(verb.flags),
    ...flagLines(commonFlags),
  ].join('\n');
}

function flagLines(flags: Flags): string[] {
  return Object.entries(flags).map(([name, { value, help }]) => {
    const form = value === undefined ? `--${name}` : `--${name} ${value}`;
    return `  ${form.padEnd(22)} ${help}`;
  });
}
