import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.js';

/** A flag that a verb takes. `value` is what help prints after its name; a flag without one is a switch. */
export interface Flag {
  readonly value?: string;
  /** May be given several times: read with `texts`. */
  readonly repeats?: true;
  readonly help: string;
}
export type Flags = Readonly<Record<string, Flag>>;

/** Flags of every verb. */
export const commonFlags = {
  json: { help: 'one JSON object on standard output and nothing else there' },
  home: { value: 'DIR', help: 'where library and outputs live' },
  device: { value: 'NAME', help: 'auto, cuda, dml, coreml, webgpu or cpu' },
  debug: { help: 'add the stack trace to an error' },
  help: { help: 'this text' },
} as const satisfies Flags;

/** What was typed after the verb, by flag name. */
export class GivenFlags {
  constructor(
    private readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
    readonly positionals: readonly string[],
  ) {}

  has(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Every value of a flag that repeats, in order. */
  texts(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  required(name: string, example: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing; for example: ${example}`);
    return value;
  }

  number(name: string, { least, most }: { least: number; most: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new UsageError(`--${name} takes a number from ${least} to ${most}, not “${text}”.`);
    }
    return value;
  }

  integer(name: string, range: { least: number; most: number }): number | undefined {
    const value = this.number(name, range);
    if (value !== undefined && !Number.isInteger(value)) {
      throw new UsageError(`--${name} takes a whole number, not “${this.text(name)}”.`);
    }
    return value;
  }

  /** One of `choices`; the refusal lists what there is. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new UsageError(`--${name} has no “${text}”; there is ${choices.join(', ')}.`);
    return found;
  }

  /** `WxH` in pixels. */
  size(name: string): { width: number; height: number } | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d{1,5})[x×](\d{1,5})$/i.exec(text);
    const width = Number(match?.[1]);
    const height = Number(match?.[2]);
    if (!(width >= 1 && width <= 8192 && height >= 1 && height <= 8192)) {
      throw new UsageError(`--${name} takes a size such as 512x768, each side from 1 to 8192 pixels, not “${text}”.`);
    }
    return { width, height };
  }
}

/** Read `args` by the flags a verb declares; anything else is a UsageError. */
export function readFlags(verb: string, declared: Flags, args: readonly string[]): GivenFlags {
  const flags: Flags = { ...commonFlags, ...declared };
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = { type: flag.value ? 'string' : 'boolean', multiple: flag.repeats ?? false };
  }
  try {
    const { values, positionals } = parseArgs({ args: tieValues(flags, args), options, allowPositionals: true });
    return new GivenFlags(values as Record<string, string | boolean | readonly string[] | undefined>, positionals);
  } catch (error) {
    throw new UsageError(describeParseError(verb, flags, error), { cause: error });
  }
}

/** `--cfg -1` becomes `--cfg=-1`: parseArgs would take the value for another flag. */
function tieValues(flags: Flags, args: readonly string[]): string[] {
  const tied: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const next = args[i + 1];
    const takesValue = arg.startsWith('--') && flags[arg.slice(2)]?.value !== undefined;
    const nextIsFlag = next?.startsWith('--') === true && flags[next.slice(2).split('=')[0]!] !== undefined;
    if (takesValue && next !== undefined && !nextIsFlag) {
      tied.push(`${arg}=${next}`);
      i++;
    } else {
      tied.push(arg);
    }
  }
  return tied;
}

function describeParseError(verb: string, flags: Flags, error: unknown): string {
  const name = /'(--?[^\s'=<]+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? '';
  const known = flags[name.replace(/^--/, '')];
  if (known?.value !== undefined) return `${name} needs a value: ${name} ${known.value} (${known.help}).`;
  if (known !== undefined) return `${name} takes no value.`;
  const list = Object.keys(flags).map((flag) => `--${flag}`);
  return `“${verb}” has no flag ${name}; there is ${list.join(', ')}.`;
}
