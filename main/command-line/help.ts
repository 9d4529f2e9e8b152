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

/** The verbs that begin with one word, such as `adapters`. */
export function helpOfGroup(group: string, verbs: readonly Verb[]): string {
  const forms = verbs.map(({ name, usage }) => `${name} ${usage}`);
  return [
    `Inkstone Studio: ${group}.`,
    '',
    ...verbs.flatMap(({ summary }, k) => [`  ${forms[k]}`, `      ${summary}`]),
    '',
    `“inkstone ${group} VERB --help” tells the flags of a verb.`,
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
